import _operators as o
from reactivex import operators as ops


def policy(stop, wait, retry, told):
    return {
        "stop": {
            "attempts": o.stop_after_attempt(3),
            "delay": o.stop_after_delay(5),
            "before delay": o.stop_before_delay(5),
            "either": o.any_of(o.stop_after_attempt(4), o.stop_after_delay(3)),
            "both": o.all_of(o.stop_after_attempt(2), o.stop_after_delay(1)),
        }[stop],
        "wait": {
            "none": o.wait_fixed(0),
            "fixed": o.wait_fixed(0.7),
            "random": o.wait_random(0.1, 0.9),
            "incrementing": o.wait_incrementing(0.1, 0.3, 0.6),
            "exponential": o.wait_exponential(0.2, 1.0, 3, 0.3),
            "random exponential": o.wait_random_exponential(0.3, 2.0),
            "jitter": o.wait_exponential_jitter(0.25, 1.5, jitter=0.5),
            "chain": o.wait_chain(o.wait_fixed(0.1), o.wait_fixed(0.4)),
            "sum": o.wait_combine(o.wait_fixed(0.2), o.wait_random(0, 0.3)),
        }[wait],
        "retry": {
            "any": o.retry_if_exception_type(),
            "some": o.retry_if_exception_type((ConnectionError, TimeoutError)),
            "result": o.retry_if_result(lambda value: value.endswith("#0")),
            "either": o.any_of(
                o.retry_if_exception_type(ValueError),
                o.retry_if_not_result(lambda value: value.endswith("#1")),
            ),
        }[retry],
        **told,
    }


TryAgain = o.TryAgain


async def store(attempt, options, callback, in_a_chain):
    policy = o.RetryPolicy(**options, retry_error_callback=callback)
    # What a stock operator stands behind has to be subscribed to.
    chain = [ops.last()] if in_a_chain else []
    return await o.last_value_from(o.from_async(attempt).pipe(*chain, o.retry_when(policy), *chain))


def last_attempt(error):
    return error.last_attempt if isinstance(error, o.RetryError) else None
