import { describe } from 'node:test';
import { everyChangeIsEmitted, rows } from './rows';

describe('open()', () => {
  rows(`
    closed; open(a): opening 0 a device user, start
    backing off; open(a): opening 0 a device user, start
    backing off; open(b): opening 0 b device user, start, endHolds(closed)
    opening; open(a): opening 0 a sequence user, join
    opening at stage device; open(a): opening 0 a device user, start, join
    opening from 1 at stage device; open(a): opening 1 a device user, start, join
    opening after corrupt data at stage device; open(a): opening 1 a device reconnect, start, join
    opening in the queue; open(a): opening 0 a queued user, join
    opening from 3 in its close; open(a): opening 3 a closing user, join
    opening; open(b): opening 0 a sequence user, LINK_IN_USE
    opening; open(b, replace): closing 0 then b, endHolds(closed), closing(0), giveUp(closed), start, OPEN_ABORTED
    opening at stage device; open(b, replace): opening 0 b device user, start, endHolds(closed), OPEN_ABORTED
    open; open(a): open 2, done
    open; open(b): open 2, LINK_IN_USE
    open; open(b, replace): closing 4 then b, endHolds(closed), closing(4), giveUp(closed), start
    reconnecting; open(a): opening 1 a device user, start
    reconnecting; open(b): reconnecting 1, LINK_IN_USE
    reconnecting; open(b, replace): closing 4 then b, endHolds(closed), closing(4), giveUp(closed), start
    closing; open(a): closing 4 then a, giveUp(closed), endCloseWait
    closing, then b; open(b): closing 4 then b, join
    closing, then b; open(a): closing 4 then b, LINK_IN_USE
    closing, then b; open(b, replace): closing 4 then b, join
    closing again; open(a): closing 4 again then a, giveUp(closed), endCloseWait
  `);
});

describe('open() during a resync', () => {
  rows(`
    closed; open(a) in a resync: opening 0 a device user, start
    open; open(a) in a resync: open 2 waiting until 15000, startTimer, checkLinks
    open; open(b) in a resync: open 2, LINK_IN_USE
    open, awaiting a check; open(a): open 2 waiting joined until 15000, startTimer, checkLinks
    open, awaiting a check; open(a) in a resync: open 2 waiting joined until 15000, startTimer, checkLinks
    open, awaiting a check; open(b): open 2 waiting for 1, LINK_IN_USE
    open, awaiting a check; open(b, replace): closing 4 then b, endHolds(closed), closing(4), giveUp(closed), start, OPEN_ABORTED
    open, awaiting a check; close(): closing 4, endHolds(closed), closing(4), start, OPEN_ABORTED
    open, awaiting a check; close(owner new): open 2 waiting for 1, done
    open, awaiting a check; abort of open(a): open 2 unchecked, OPEN_ABORTED
    open, awaiting a check; abort of open(b): open 2 waiting for 1
    open, joined, awaiting a check; abort of open(a): open 2 waiting until 15000, startTimer, OPEN_ABORTED
    open, joined, awaiting a check; abort of open(a), kept: open 2 waiting until 15000, startTimer, OPEN_ABORTED
    open, joined, awaiting a check; abort of open(b): open 2 waiting joined for 1
    open, joined, awaiting a check; close(): closing 4, endHolds(closed), closing(4), start, OPEN_ABORTED, OPEN_ABORTED
    open, joined, awaiting a check; timer: open 2 unchecked, OUT_OF_SYNC, OUT_OF_SYNC
    open, joined, awaiting a check; check says 2: open 2, failRefused, done, done
    open, joined, awaiting a check; +WS_CLOSED: opening 0 a device user, endConnection, failQueued(closed), closed-by-server(0), startTimer, start, start, join
    open, joined, awaiting a check; device restarted: opening 0 a device user, deviceLost, endConnection, device-lost(0), start, start, join
    open, awaiting a check; timer: open 2 unchecked, OUT_OF_SYNC
    open, awaiting a check; timer in a resync: open 2 unchecked, DEVICE_NOT_READY
    open, awaiting a check; check says 2: open 2, failRefused, done
    open, awaiting a check; check says 0: opening 0 a device user, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0), start
    open, awaiting a check; check says 1: opening 1 a device user, endConnection, expectData, failQueued(lost), lost(1), checkLinks, start
    open, awaiting a check; check says 4: open 2 waiting for 1
    open, suspect, awaiting a check; check says 2: opening 1 a device reconnect, endConnection, giveUp(lost), lost(1), start, start, join
    open, awaiting a check; +WS_CONNECTED: open 2 waiting for 1, endConnection, expectData, failQueued(lost), lost(1), checkLinks, reopened(2), beginConnection
    open, awaiting a check; +WS_CLOSED: opening 0 a device user, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0), start
    open, kept, awaiting a check; +WS_CLOSED: opening 0 a device user, endConnection, failQueued(closed), closed-by-server(0), startTimer, start
    open, awaiting a check; corrupt data: opening 1 a device reconnect, endConnection, giveUp(lost), lost(1), start, start, join
    open, awaiting a check; device restarted: opening 0 a device user, endHolds(lost), deviceLost, endConnection, device-lost(0), start
    open, kept, awaiting a check; device restarted: opening 0 a device user, deviceLost, endConnection, device-lost(0), start
  `);
});

describe('a link from the end of a resync to the check', () => {
  rows(`
    closed; in sync again: closed 0
    opening; in sync again: opening 0 a sequence user
    reconnecting; in sync again: reconnecting 1
    open; in sync again: open 2 unchecked
    open, suspect; in sync again: open 2 suspect unchecked
    open, awaiting a check; in sync again: open 2 waiting for 1
    open, unchecked; open(a): open 2 waiting until 15000, startTimer, checkLinks
    open, unchecked; open(a) in a resync: open 2 waiting until 15000, startTimer, checkLinks
    open, unchecked; open(b): open 2 unchecked, LINK_IN_USE
    open, unchecked; open(b, replace): closing 4 then b, endHolds(closed), closing(4), giveUp(closed), start
    open, unchecked; close(): closing 4, endHolds(closed), closing(4), start
    open, unchecked; abort of open(a): open 2 unchecked
    open, unchecked; +WS_CONNECTED: open 2 unchecked, endConnection, expectData, failQueued(lost), lost(1), checkLinks, reopened(2), beginConnection
    open, unchecked; +WS_CLOSED: closed 0, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0)
    open, unchecked; check says 0: closed 0, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0)
    open, unchecked; check says 1: reconnecting 1, endConnection, expectData, failQueued(lost), lost(1), checkLinks
    open, unchecked; check says 2: open 2, failRefused
    open, unchecked; check says 4: open 2 unchecked
    open, unchecked; stalled: open 2 suspect unchecked, checkLinks
    open, unchecked; device restarted: closed 0, endHolds(lost), deviceLost, endConnection, device-lost(0)
  `);
});

describe('close()', () => {
  rows(`
    closed; close(): closed 0, endHolds(closed), done
    backing off; close(): closed 0, endHolds(closed), endConnection, closed(0), done
    opening; close(): closing 0, endHolds(closed), closing(0), giveUp(closed), start, OPEN_ABORTED
    opening at stage device; close(): closed 0, endHolds(closed), endConnection, closed(0), done, OPEN_ABORTED
    opening from 3 in the queue; close(): closing 4, endHolds(closed), closing(4), giveUp(closed), start, OPEN_ABORTED
    open; close(): closing 4, endHolds(closed), closing(4), start
    open; close() at once: closing 4, endHolds(closed), closing(4), giveUp(closed), start
    reconnecting; close(): closing 4, endHolds(closed), closing(4), giveUp(closed), start
    closing; close(): closing 4, endHolds(closed), join
    closing; close() at once: closing 4, endHolds(closed), giveUp(closed), endCloseWait, join
    closing, then b; close(): closing 4, endHolds(closed), join, OPEN_ABORTED
    closing again; close(): closing 4 again, endHolds(closed), join
  `);
});

describe('close() by an owner, and an abort of open()', () => {
  rows(`
    open; close(owner old): closing 4, endHolds(closed), closing(4), giveUp(closed), start
    open; close(owner new): open 2, done
    opening; close(owner new): opening 0 a sequence user, done
    backing off; close(owner new): backingOff 0 for 1, done
    closing; close(owner old): closing 4, endHolds(closed), giveUp(closed), endCloseWait, join
    closing; close(owner new): closing 4, done
    closing, then b; close(owner old): closing 4 then b, join
    closing, then b; close(owner new): closing 4, endHolds(closed), giveUp(closed), endCloseWait, join, OPEN_ABORTED
    closed; abort of open(b): closed 0
    opening; abort of open(b): opening 0 a sequence user
    opening to b; abort of open(b): closing 0, endHolds(closed), closing(0), giveUp(closed), start, OPEN_ABORTED
    opening to b at stage device; abort of open(b): closed 0, endHolds(closed), endConnection, closed(0), done, OPEN_ABORTED
    open to b; abort of open(b): open 2
    closing; abort of open(b): closing 4
    closing, then b; abort of open(b): closing 4, endHolds(closed), OPEN_ABORTED
  `);
});

describe('+WS_CONNECTED', () => {
  rows(`
    closed; +WS_CONNECTED: closed 0, closeStray, checkLinks
    backing off; +WS_CONNECTED: backingOff 0 for 1, expectData, checkLinks
    backing off until the device is ready; +WS_CONNECTED: backingOff 0
    opening; +WS_CONNECTED: opening 0 a sequence user, noteUrc
    opening at stage device; +WS_CONNECTED: opening 0 a device user, noteUrc
    opening from 1 at stage device; +WS_CONNECTED: open 2, expectData, reopened(2), beginConnection, done
    opening from 3 in the queue; +WS_CONNECTED: open 2, expectData, reopened(2), beginConnection, done
    opening from 3 in its close; +WS_CONNECTED: opening 3 a closing user, noteUrc
    opening from 3 in its sequence; +WS_CONNECTED: opening 3 a sequence user, noteUrc
    opening after corrupt data; +WS_CONNECTED: opening 1 a queued reconnect, noteUrc
    open; +WS_CONNECTED: open 2, endConnection, expectData, failQueued(lost), lost(1), checkLinks, reopened(2), beginConnection
    open, not announced; +WS_CONNECTED: open 2
    reconnecting; +WS_CONNECTED: open 2, expectData, reopened(2), beginConnection
    closing; +WS_CONNECTED: closing 4
  `);
});

describe('+WS_DISCONNECTED', () => {
  rows(`
    closed; +WS_DISCONNECTED: closed 0
    backing off; +WS_DISCONNECTED: backingOff 0 for 1
    opening; +WS_DISCONNECTED: opening 0 a sequence user, noteUrc
    open; +WS_DISCONNECTED: reconnecting 1, endConnection, expectData, failQueued(lost), lost(1), checkLinks
    open, kept; +WS_DISCONNECTED: reconnecting 1 for 60000, endConnection, expectData, failQueued(lost), lost(1), startTimer, checkLinks
    reconnecting; +WS_DISCONNECTED: reconnecting 1, expectData
    closing; +WS_DISCONNECTED: closing 4, failQueued(closed), endCloseWait
  `);
});

describe('+WS_CLOSED', () => {
  rows(`
    closed; +WS_CLOSED: closed 0
    backing off; +WS_CLOSED: backingOff 0 for 1
    opening; +WS_CLOSED: opening 0 a sequence user, noteUrc
    open; +WS_CLOSED: closed 0, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0)
    open, kept; +WS_CLOSED: backingOff 0 for policy, endConnection, failQueued(closed), closed-by-server(0), startTimer
    reconnecting; +WS_CLOSED: closed 0, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0)
    reconnecting, kept; +WS_CLOSED: backingOff 0 for policy, endConnection, failQueued(closed), closed-by-server(0), startTimer
    closing; +WS_CLOSED: closing 4, failQueued(closed), endCloseWait
  `);
});

describe('the open operation', () => {
  rows(`
    opening at stage device; at stage queued: opening 0 a queued user, opening(0)
    opening from 3 in the queue; at stage closing: opening 3 a closing user
    opening from 3 in its close; at stage sequence: opening 0 a sequence user, attemptStarted
    opening from 3 in the queue; at stage sequence: opening 0 a sequence user, attemptStarted
    closing; at stage queued: closing 4
    opening; opened: open 2 not announced, opened(2), beginConnection, done
    opening, by keep-open; opened: open 2 not announced, reopened(2), beginConnection, done
    opening, +WS_CLOSED seen; opened: closed 0, opened(2), beginConnection, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0), done
    opening, +WS_DISCONNECTED seen; opened: reconnecting 1, opened(2), beginConnection, endConnection, expectData, failQueued(lost), lost(1), checkLinks, done
    closing; opened: closing 4
    opening; open failed: closed 0, endHolds(lost), endConnection, failed(0), OPEN_FAILED
    opening, kept; open failed: backingOff 0 for policy, endConnection, failed(0), startTimer, OPEN_FAILED
    opening, kept; open failed, no device: backingOff 0, endConnection, failed(0), OPEN_FAILED
    closing; open failed: closing 4
    opening; at stage queued of an earlier open(): opening 0 a sequence user
    opening; opened by an earlier open(): opening 0 a sequence user
    opening; open failed of an earlier open(): opening 0 a sequence user
  `);
});

describe('the close operation', () => {
  rows(`
    closing; closed by the device: closed 0, endConnection, closed(0), done
    closing, then b; closed by the device: opening 0 b device user, endConnection, closed(0), done, start
    closing again; closed by the device: closed 0, endConnection, closed(0), done
    open; closed by the device: open 2
    closing; closed by an earlier close(): closing 4
    closing; close failed of an earlier close(): closing 4
    open; close failed: open 2
    closing; close failed: closing 4 again, OPEN_FAILED, start
    closing, then b; close failed: opening 4 b device user, endConnection, closed(0), OPEN_FAILED, start
    closing an open; close failed: closing 0 again, OPEN_FAILED, start
    closing an open, then b; close failed: opening 4 b device user, endConnection, closed(0), OPEN_FAILED, start
    closing again; close failed: closing 4 again, OPEN_FAILED, start
  `);
});

describe('timer', () => {
  rows(`
    backing off; timer: opening 0 a device keepOpen, start
    reconnecting, kept; timer: opening 3 a device keepOpen, start
    open; timer: open 2
  `);
});

describe('check', () => {
  rows(`
    closed; check says 0: closed 0
    closed; check says 2: closed 0, closeStray, checkLinks
    backing off; check says 0: backingOff 0 for 1
    backing off; check says 2: open 2, reopened(2), beginConnection
    backing off; check says 2, another URI: backingOff 0 for 1, closeStray, checkLinks
    backing off until the device is ready; check says 0: backingOff 0
    backing off until the device is ready; check says 2: backingOff 0, closeStray, checkLinks
    opening; check says 0: opening 0 a sequence user
    opening; check says 2: opening 0 a sequence user
    open; check says 0: closed 0, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0)
    open; check says 1: reconnecting 1, endConnection, expectData, failQueued(lost), lost(1), checkLinks
    open; check says 2: open 2, failRefused
    open; check says 3: reconnecting 3, endConnection, expectData, failQueued(lost), lost(1), checkLinks, reconnecting(3)
    open; check says 4: open 2
    open, suspect; check says 4: open 2 suspect
    reconnecting; check says 4: reconnecting 1
    open, suspect; check says 2: opening 1 a device reconnect, endConnection, giveUp(lost), lost(1), start
    open, suspect; check says 1: reconnecting 1, endConnection, expectData, failQueued(lost), lost(1), checkLinks
    reconnecting; check says 0: closed 0, endHolds(lost), endConnection, failQueued(closed), closed-by-server(0)
    reconnecting; check says 1: reconnecting 1
    reconnecting; check says 2: open 2 not announced, reopened(2), beginConnection
    reconnecting; check says 3: reconnecting 3, reconnecting(3)
    closing; check says 0: closing 4
  `);
});

describe('the device', () => {
  rows(`
    closed; device restarted: closed 0
    backing off; device restarted: backingOff 0
    opening at stage device; device restarted: opening 0 a device user
    opening from 1 at stage device; device restarted: opening 0 a device user, deviceLost, endConnection, device-lost(0)
    opening in the queue; device restarted: opening 0 a device user, deviceLost, endConnection, device-lost(0)
    opening, kept, in the queue; device restarted: opening 0 a device keepOpen, deviceLost, endConnection, device-lost(0)
    opening from 3 in its close; device restarted: opening 0 a device user, deviceLost, endConnection, device-lost(0)
    opening from 3 in the queue; device restarted: opening 0 a device user, deviceLost, endConnection, device-lost(0)
    opening, kept, after corrupt data; device restarted: opening 0 a device reconnect, deviceLost, endConnection, device-lost(0)
    opening after corrupt data; device restarted: closed 0, deviceLost, endConnection, device-lost(0), endHolds(lost), endConnection, failed(0), DEVICE_RESTARTED
    opening; device restarted: closed 0, deviceLost, endConnection, device-lost(0), endHolds(lost), endConnection, failed(0), DEVICE_RESTARTED
    opening, kept; device restarted: backingOff 0, deviceLost, endConnection, device-lost(0), endConnection, failed(0), DEVICE_RESTARTED
    open; device restarted: closed 0, endHolds(lost), deviceLost, endConnection, device-lost(0)
    open, kept; device restarted: backingOff 0, deviceLost, endConnection, device-lost(0)
    open, kept; port lost: backingOff 0, endConnection, device-lost(0)
    reconnecting; device restarted: closed 0, endHolds(lost), deviceLost, endConnection, device-lost(0)
    reconnecting, kept; device restarted: backingOff 0, deviceLost, endConnection, device-lost(0)
    closing; device restarted: closed 0, deviceLost, endConnection, closed(0), done
    closing, then b; device restarted: opening 0 b device user, deviceLost, endConnection, closed(0), done, start
    closing again; device restarted: closed 0, deviceLost, endConnection, closed(0), done
    closed; device ready: closed 0
    backing off until the device is ready; device ready: opening 0 a device keepOpen, start
    backing off until the device is ready; device ready, crash loop: backingOff 0 for policy, startTimer
    opening at stage device; device ready: opening 0 a device user
    backing off; network back: backingOff 0 for 0, networkBack, startTimer
    backing off; network back, crash loop: backingOff 0 for 1
    backing off until the device is ready; network back: backingOff 0
    reconnecting, kept; network back: reconnecting 3 for 1
  `);
});

describe('corrupt data and stalled links', () => {
  rows(`
    closed; corrupt data: closed 0
    opening; corrupt data: opening 0 a sequence user
    open; corrupt data: opening 1 a device reconnect, endConnection, giveUp(lost), lost(1), start
    reconnecting; corrupt data: reconnecting 1
    closing; corrupt data: closing 4
    open; broken message: opening 1 a device reconnect, endConnection, giveUp(lost), lost(1), start
    closing; broken message: closing 4, giveUp(closed)
    closing, then b; broken message: closing 4 then b, giveUp(closed)
    closed; stalled: closed 0, checkLinks
    open; stalled: open 2 suspect, checkLinks
    closing; stalled: closing 4, giveUp(closed)
  `);
});

describe('a link shows every change in an event', everyChangeIsEmitted);
