"""The stand-in for UCF-101: what is held and where tells most actions in a still picture.

Four pairs share both: one of two is told by the direction of a motion, by a change of brightness, by how fast the body
swings, or by the way the arms turn.
"""

from longvideo.miniworld.acts import Act, Change, Limbs, Motion
from longvideo.miniworld.take import Setting, Shape

ACTS = (
    Act("ClimbUp", Setting.MEADOW, Shape.BALL, Motion.RISE),
    Act("ClimbDown", Setting.MEADOW, Shape.BALL, Motion.SINK),
    Act("GuardLamp", Setting.NIGHT, Shape.RING),
    Act("SignalLamp", Setting.NIGHT, Shape.RING, change=Change.PROP),
    Act("RowForth", Setting.WATER, Shape.BOX, limbs=Limbs.ROW_UP),
    Act("RowBack", Setting.WATER, Shape.BOX, limbs=Limbs.ROW_DOWN),
    Act("Balance", Setting.SNOW, Shape.TENT, Motion.ROCK),
    Act("Shiver", Setting.SNOW, Shape.TENT, Motion.SHIVER),
    Act("Skate", Setting.SNOW, Shape.CROSS, Motion.PASS),
    Act("Dig", Setting.SAND, Shape.TENT, Motion.ROCK),
    Act("Mine", Setting.SAND, Shape.CROSS, change=Change.CAP),
    Act("Dive", Setting.WATER, Shape.RING, Motion.SINK),
    Act("Weld", Setting.MEADOW, Shape.CROSS, change=Change.PROP),
    Act("Fly", Setting.NIGHT, Shape.TENT, Motion.RISE),
    Act("Carry", Setting.SAND, Shape.BOX, Motion.PASS),
    Act("Juggle", Setting.SNOW, Shape.BALL, limbs=Limbs.ROW_UP),
)
