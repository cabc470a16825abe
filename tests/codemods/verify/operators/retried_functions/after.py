import _operators as o
import tenacity


def policies(told, reraise):
    return [
        {
            "stop": o.any_of(o.stop_after_attempt(3), o.stop_after_delay(4)),
            "wait": o.wait_exponential_jitter(0.2, 2, jitter=0.3),
            "reraise": reraise,
            **told,
        },
        {
            "stop": o.stop_after_attempt(4),
            "wait": o.wait_combine(o.wait_random(0.1, 0.4), o.wait_fixed(0.1)),
            "retry": o.retry_if_not_exception_type(KeyError),
            "reraise": reraise,
            **told,
        },
        {
            "stop": o.stop_before_delay(3),
            "wait": o.wait_incrementing(0.2, 0.4),
            "retry": o.any_of(
                o.retry_if_exception(lambda error: "#0" in str(error)),
                o.retry_if_result(lambda value: value.endswith("#0")),
            ),
            "reraise": reraise,
            "retry_error_callback": lambda state: f"gave up: {state.attempt_number}",
            **told,
        },
    ]


def decorated(options, function):
    return o.retry_when(o.RetryPolicy(**options))(function)


# Code that is not migrated yet raises and catches tenacity's own.
TryAgain, RetryError = tenacity.TryAgain, tenacity.RetryError
