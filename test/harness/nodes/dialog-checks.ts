import type { Check } from '../../../nodes/shared/checks/refusal';
import { checks as device } from '../../../nodes/shared/checks/esp-at-device';
import { checks as close } from '../../../nodes/shared/checks/ws-close';
import { checks as open } from '../../../nodes/shared/checks/ws-open';
import { checks as request } from '../../../nodes/shared/checks/ws-request';
import { checks as send } from '../../../nodes/shared/checks/ws-send';
import { checks as status } from '../../../nodes/shared/checks/ws-status';

/** The checks of each dialog, by node type and field. */
export const dialogChecks: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  'esp-at-device': device,
  'ws-open': open,
  'ws-send': send,
  'ws-request': request,
  'ws-close': close,
  'ws-status': status,
};
