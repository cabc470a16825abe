import tenacity
from tenacity import retry


def policies(told, reraise):
    return [
        {
            "stop": tenacity.stop_after_attempt(3) | tenacity.stop_after_delay(4),
            "wait": tenacity.wait_exponential_jitter(multiplier=0.2, max=2, jitter=0.3),
            "reraise": reraise,
            **told,
        },
        {
            "stop": tenacity.stop_after_attempt(4),
            "wait": tenacity.wait_random(0.1, 0.4) + tenacity.wait_fixed(0.1),
            "retry": tenacity.retry_if_not_exception_type(KeyError),
            "reraise": reraise,
            **told,
        },
        {
            "stop": tenacity.stop_before_delay(3),
            "wait": tenacity.wait_incrementing(0.2, 0.4),
            "retry": tenacity.retry_if_exception(lambda error: "#0" in str(error))
            | tenacity.retry_if_result(lambda value: value.endswith("#0")),
            "reraise": reraise,
            "retry_error_callback": lambda state: f"gave up: {state.attempt_number}",
            **told,
        },
    ]


def decorated(options, function):
    return retry(**options)(function)


TryAgain, RetryError = tenacity.TryAgain, tenacity.RetryError
