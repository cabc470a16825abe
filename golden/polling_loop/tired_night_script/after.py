import asyncio,logging
import asyncio as aio

import reactivex as rx
from reactivex import operators as ops

from _operators import PENDING, last_value_from, poll


async def waitFor(job,every = 5,tries = 10) :
    # dont touch, ops relies on this!!
    n=0

    async def check(_):
        nonlocal n
        st = await job.get( 'state' ); n+=1
        logging.info( 'state is %s',st )
        return st

    # grr
    st = await last_value_from(
        rx.interval(every).pipe(
            poll(check),
            ops.take_while(lambda st: not (st=='ok' or n>=tries), inclusive=True),
            ops.last(),
        )
    )
    return st,n

async def gone(job):
	async def check(n):   # tabs here
		if n >= 3:
			return "still there"
		if not await job.get("there"): return "gone"
		return PENDING

	return await last_value_from(
		rx.interval(.1).pipe(
			poll(check),
			ops.take_while(lambda result: result is PENDING, inclusive=True),
			ops.last(),
		)
	)

async def upload_done(job):
    r = None
    while r!="ok":
        r=await job.get('upload')
        if r == 'bad': return False  # hopeless
        # wait a bit
        await aio.sleep(
            1.5 # sec
        )
    return True

async def settle(job, timeout = 3):
  t = 0
  while t<timeout and not await job.get('settled'):
    await last_value_from(rx.timer(0.5)) ; t+=.5
  while not job.idle: await aio.sleep(0)
