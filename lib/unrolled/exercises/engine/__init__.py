"""The engine under the exercises: four kinds, one way to judge."""

from unrolled.exercises.engine.cases import Case, Draw, sized
from unrolled.exercises.engine.choice import Choice
from unrolled.exercises.engine.function import Function
from unrolled.exercises.engine.number import Number
from unrolled.exercises.engine.order import Order
from unrolled.exercises.engine.verdict import Mistake, Verdict

__all__ = ["Case", "Choice", "Draw", "Function", "Mistake", "Number", "Order", "Verdict", "sized"]
