"""The stand-in for HMDB-51: a still picture tells less. Most is done anywhere, and most actions share what is held.

Four pairs share it: one of two is told by the direction of a motion, by a change of brightness, or by how fast the body
swings. Four more have a place of their own.
"""

from longvideo.miniworld.acts import Act, Change, Limbs, Motion
from longvideo.miniworld.take import Setting, Shape

ACTS = (
    Act("climb", None, Shape.BALL, Motion.RISE),
    Act("fall", None, Shape.BALL, Motion.SINK),
    Act("show", None, Shape.RING),
    Act("flash", None, Shape.RING, change=Change.PROP),
    Act("rock", None, Shape.TENT, Motion.ROCK),
    Act("shiver", None, Shape.TENT, Motion.SHIVER),
    Act("hide", None, Shape.BOX),
    Act("blink", None, Shape.BOX, change=Change.CAP),
    Act("lift", Setting.NIGHT, Shape.CROSS, Motion.RISE),
    Act("ski", Setting.SNOW, Shape.CROSS, Motion.SINK),
    Act("stand", Setting.MEADOW, Shape.CROSS),
    Act("swim", Setting.WATER, Shape.RING, limbs=Limbs.ROW_UP),
)
