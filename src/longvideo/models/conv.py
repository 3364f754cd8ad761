"""3D convolutions whose kernels are one pixel wide, at their speed in training on a CPU too."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv3d(nn.Conv3d):
    """`nn.Conv3d`; where kernels of t x 1 x 1 would be slow, the same as a product of matrices or a 2D convolution.

    Torch's own takes twice as long for fewer than 16 clips on one thread, and somewhat longer for more.

    Without gradients it is always torch's own: features that are kept do not depend on how they are trained.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, C', T', H', W']."""
        last_in_memory = x.is_contiguous(memory_format=torch.channels_last_3d)
        slow = x.device.type == "cpu" and torch.is_grad_enabled()
        point = self.kernel_size == (1, 1, 1) and not any(self.padding)
        column = self.kernel_size[1:] == self.stride[1:] == (1, 1) and not any(self.padding[1:])
        if not (slow and last_in_memory and (point or column) and self.groups == 1):
            return super().forward(x)
        weight = self.weight.flatten(1 if point else 3)
        if weight.requires_grad:
            weight.register_hook(Tensor.contiguous)  # as processes that train together exchange it
        if point:
            time, height, width = self.stride
            seen = x[:, :, ::time, ::height, ::width].permute(0, 2, 3, 4, 1)
            return functional.linear(seen, weight, self.bias).permute(0, 4, 1, 2, 3)
        rows = x.permute(0, 2, 3, 4, 1).flatten(2, 3).permute(0, 3, 1, 2)  # [B, C, T, H * W]
        along = (self.stride[0], 1), (int(self.padding[0]), 0), (self.dilation[0], 1)
        y = functional.conv2d(rows, weight, self.bias, *along)
        return y.permute(0, 2, 3, 1).unflatten(2, x.shape[3:]).permute(0, 4, 1, 2, 3)
