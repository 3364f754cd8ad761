"""The stand-in for Kinetics: what is held and where tells most, and how it moves or changes tells the rest.

Four actions have a look of their own. Six pairs share one: the two differ in the direction of a motion, in its kind, in
whose brightness changes or whether any does, or in how fast the body swings. A training from scratch comes within a
few points of its end in half of its time, so that what is compared has converged.
"""

from longvideo.miniworld.acts import Act, Change, Limbs, Motion
from longvideo.miniworld.take import Setting, Shape

ACTS = (
    Act("balancing tent", Setting.SNOW, Shape.TENT, Motion.ROCK),
    Act("carrying box", Setting.SAND, Shape.BOX, Motion.PASS),
    Act("climbing down", Setting.MEADOW, Shape.BALL, Motion.SINK),
    Act("climbing up", Setting.MEADOW, Shape.BALL, Motion.RISE),
    Act("digging", Setting.SAND, Shape.CROSS, Motion.ROCK),
    Act("diving", Setting.WATER, Shape.RING, Motion.SINK),
    Act("flying", Setting.NIGHT, Shape.TENT, Motion.RISE),
    Act("guarding lamp", Setting.NIGHT, Shape.RING),
    Act("hoisting box", Setting.SAND, Shape.BOX, Motion.RISE),
    Act("juggling", Setting.SNOW, Shape.BALL, limbs=Limbs.ROW_UP),
    Act("riding waves", Setting.WATER, Shape.BOX, Motion.ROCK),
    Act("rowing", Setting.WATER, Shape.BOX, limbs=Limbs.ROW_UP),
    Act("shivering", Setting.SNOW, Shape.TENT, Motion.SHIVER),
    Act("signalling", Setting.NIGHT, Shape.RING, change=Change.PROP),
    Act("welding", Setting.MEADOW, Shape.CROSS, change=Change.PROP),
    Act("winking", Setting.MEADOW, Shape.CROSS, change=Change.CAP),
)
