import reactivex as rx
from _operators import flat_map, last_value_from, shutdown_gate
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject


async def upload_all(items, limit, upload, events):
    """What has started when the stop comes is drained; the rest never starts."""
    source = shutdown_gate(rx.from_iterable(items), *events)
    return await last_value_from(
        source.pipe(
            ops.map(lambda item: item),
            flat_map(upload, max_concurrent=limit, return_exceptions=True),
            ops.to_list(),
        )
    )


def make_events():
    return BehaviorSubject(False), BehaviorSubject(False)


def fire(event):
    event.on_next(True)
