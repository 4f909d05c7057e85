"""The durable queue: every case is handled to its end once, whatever happens to the process in between.

The casebook says which cases there are; the engine keeps the result of each finished step, so that a case goes on where it was; one that was begun on
an earlier day and has written nothing begins anew, with what is true today. A step is done at least once: one that writes in another system uses
`robots.effects`.

What may change and what not: the name of the workflow, the names and the order of steps and the form of their results are stored formats. Steps of a
case come in the same order at every replay; several at a time only through one `asyncio.gather` of step calls.
"""

from robots.work_queue.one_case import Handle
from robots.work_queue.queue import WorkQueue, case_id_of
from robots.work_queue.run import Standing

__all__ = ["Handle", "Standing", "WorkQueue", "case_id_of"]
