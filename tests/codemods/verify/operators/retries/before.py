import tenacity
from tenacity import AsyncRetrying


def policy(stop, wait, retry, told):
    return {
        "stop": {
            "attempts": tenacity.stop_after_attempt(3),
            "delay": tenacity.stop_after_delay(5),
            "before delay": tenacity.stop_before_delay(5),
            "either": tenacity.stop_after_attempt(4) | tenacity.stop_after_delay(3),
            "both": tenacity.stop_after_attempt(2) & tenacity.stop_after_delay(1),
        }[stop],
        "wait": {
            "none": tenacity.wait_none(),
            "fixed": tenacity.wait_fixed(0.7),
            "random": tenacity.wait_random(0.1, 0.9),
            "incrementing": tenacity.wait_incrementing(0.1, 0.3, 0.6),
            "exponential": tenacity.wait_exponential(0.2, 1.0, 3, 0.3),
            "random exponential": tenacity.wait_random_exponential(0.3, 2.0),
            "jitter": tenacity.wait_exponential_jitter(multiplier=0.25, max=1.5, jitter=0.5),
            "chain": tenacity.wait_chain(tenacity.wait_fixed(0.1), tenacity.wait_fixed(0.4)),
            "sum": tenacity.wait_fixed(0.2) + tenacity.wait_random(0, 0.3),
        }[wait],
        "retry": {
            "any": tenacity.retry_if_exception_type(),
            "some": tenacity.retry_if_exception_type((ConnectionError, TimeoutError)),
            "result": tenacity.retry_if_result(lambda value: value.endswith("#0")),
            "either": tenacity.retry_if_exception_type(ValueError)
            | tenacity.retry_if_not_result(lambda value: value.endswith("#1")),
        }[retry],
        **told,
    }


TryAgain = tenacity.TryAgain


async def store(attempt, options, callback, in_a_chain):
    if callback is not None:
        options = {**options, "retry_error_callback": callback}
    return await AsyncRetrying(**options)(attempt)


def last_attempt(error):
    return error.last_attempt if isinstance(error, tenacity.RetryError) else None
