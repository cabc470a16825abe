import tenacity
from metrics import count_retry, retry_policy

from .policies import WAIT

counter = count_retry("fetch")


class Job:
    stop = tenacity.stop_after_attempt(3)

    @tenacity.retry(before_sleep=count_retry)
    async def imported_callback(self):
        pass

    @tenacity.retry(before_sleep=counter)
    async def made_by_other_code(self):
        pass

    @tenacity.retry(wait=WAIT)
    async def imported_wait(self):
        pass

    @tenacity.retry(stop=stop)
    async def strategy_in_class(self):
        pass

    @tenacity.retry(retry=retry_policy())
    async def imported_factory(self):
        pass

    @tenacity.retry(after=lambda state: print(state.retry_object.statistics))
    async def reads_the_retry_object(self):
        pass

    @tenacity.retry(after=lambda state: print(state))
    async def shows_the_state(self):
        pass

    @tenacity.retry(wait=tenacity.wait_exception(lambda error: error.retry_after))
    async def wait_by_exception(self):
        pass

    @tenacity.retry(retry=tenacity.retry_unless_exception_type(KeyError))
    async def unless(self):
        pass

    @tenacity.retry(retry_error_cls=RuntimeError)
    async def own_error(self):
        pass

    @tenacity.retry(enabled=False)
    async def switched_off(self):
        pass

    @tenacity.retry(sleep=tenacity.sleep_using_event(None))
    def event(self):
        pass
