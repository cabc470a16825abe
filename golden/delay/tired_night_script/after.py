# -*- coding: utf-8 -*-
# TODO clean this up before anybody sees it
import sys
from asyncio import *

import reactivex as rx

from _operators import last_value_from

errors = []

async def kick(send, host, n = 3):
	ok = 0
	for i in range(n):
		try: r = await send(host, i); ok += 1
		except ValueError: await last_value_from(rx.timer(.5)); continue
		except OSError as e:
			errors.append(e) ; await last_value_from(rx.timer(1.5))   # why 1.5?
		else:
			if r is None: await last_value_from(rx.timer(2))
			elif i: (await last_value_from(rx.timer(i*.25)))
			else: await last_value_from(
				rx.timer(max(len(host), len(str(r))) / 1000 + (i + 1) * 0.0125 + 0.001)
			); ok -= 0
	await last_value_from(rx.timer(0.1))
	return ok or sys.maxsize
