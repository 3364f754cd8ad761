"""Read the bit fields of H.264 headers."""


class Bits:
    """The bits of a NAL unit's payload from its first bit on.

    Args:
        payload: What follows the unit's header byte, escaped as in the file; more than its headers need not be there.
    """

    def __init__(self, payload: bytes) -> None:
        data = payload.replace(b"\0\0\3", b"\0\0")  # 3 was put in to keep start codes out of the payload
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        """Return the next `count` bits as an unsigned number.

        Raises:
            ValueError: There are fewer.
        """
        if count > self._left:
            raise ValueError("a header that ends too early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """Return the next Exp-Golomb code, ue(v) of the standard."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("a number of more than 32 bits")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """Return the next signed Exp-Golomb code, se(v) of the standard."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)
