import asyncio,logging
from asyncio import sleep as zzz
import asyncio as aio

async def waitFor(job,every = 5,tries = 10) :
    # dont touch, ops relies on this!!
    n=0
    while 1:
        st = await job.get( 'state' ); n+=1
        logging.info( 'state is %s',st )
        if st=='ok' or n>=tries : break
        await zzz( every )   # grr
    return st,n

async def gone(job):
	for i in range(3):   # tabs here
		if not await job.get("there"): return "gone"
		await aio.sleep(.1)
	return "still there"

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
    await aio.sleep(0.5) ; t+=.5
  while not job.idle: await aio.sleep(0)
