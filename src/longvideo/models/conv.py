"""3D convolutions whose kernels are narrow in space or in time, at their speed in training on a CPU too."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv3d(nn.Conv3d):
    """`nn.Conv3d`; where torch's own would be slow, the same as a product of matrices or a 2D convolution.

    On one thread, kernels of t x 1 x 1 take twice as long for fewer than 16 clips, and somewhat longer for more; those
    of 1 x h x w take longer for a single small clip, and forget that its channels are last in memory.

    Without gradients it is always torch's own: features that are kept do not depend on how they are trained.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, C', T', H', W']."""
        last_in_memory = x.is_contiguous(memory_format=torch.channels_last_3d)
        slow = x.device.type == "cpu" and torch.is_grad_enabled()
        if not (slow and last_in_memory and self.groups == 1):
            return super().forward(x)
        if self.kernel_size == (1, 1, 1) and not any(self.padding):
            return self._of_points(x)
        if self.kernel_size[1:] == self.stride[1:] == (1, 1) and not any(self.padding[1:]):
            return self._of_columns(x)
        if self.kernel_size[0] == self.stride[0] == 1 and not self.padding[0] and len(x) == 1:
            return self._of_frames(x)
        return super().forward(x)

    def _of_points(self, x: Tensor) -> Tensor:
        time, height, width = self.stride
        seen = x[:, :, ::time, ::height, ::width].permute(0, 2, 3, 4, 1)
        return functional.linear(seen, self._flat(self.weight.flatten(1)), self.bias).permute(0, 4, 1, 2, 3)

    def _of_columns(self, x: Tensor) -> Tensor:
        rows = x.permute(0, 2, 3, 4, 1).flatten(2, 3).permute(0, 3, 1, 2)  # [B, C, T, H * W]
        along = (self.stride[0], 1), (int(self.padding[0]), 0), (self.dilation[0], 1)
        y = functional.conv2d(rows, self._flat(self.weight.flatten(3)), self.bias, *along)
        return y.permute(0, 2, 3, 1).unflatten(2, x.shape[3:]).permute(0, 4, 1, 2, 3)

    def _of_frames(self, x: Tensor) -> Tensor:
        frames = x[0].transpose(0, 1)  # [T, C, H, W]
        padding = int(self.padding[1]), int(self.padding[2])
        along = self.stride[1:], padding, self.dilation[1:]
        y = functional.conv2d(frames, self._flat(self.weight.squeeze(2)), self.bias, *along)
        return y.transpose(0, 1).unsqueeze(0)

    def _flat(self, weight: Tensor) -> Tensor:
        """Return a view of the weight whose gradient lies in memory as processes that train together exchange it."""
        if weight.requires_grad:
            weight.register_hook(Tensor.contiguous)
        return weight
