import type { NodeAPI } from 'node-red';
import { checks, hasAutomaticRate, startRate } from '../checks/esp-at-device';
import { openerAt } from '../device/make-device';
import type { DialogPort } from '../device/port-visits';
import { refusalError } from '../errors/node-error';
import { draftVariable } from './draft-environment';
import { textOf } from './request-text';

/**
 * Reads the port in the fields of a dialog, deployed or not, from the body of its request:
 * `{ port, rate, autoRate, dtr, rts }`.
 * @param id of the device
 * @throws FlowError `INVALID_PORT`, `INVALID_SETTING`
 */
export function dialogPort(RED: NodeAPI, id: string, body: unknown): DialogPort {
  const text = (name: string) =>
    textOf(body, name)
      .replace(/\$\{([^}]+)\}/g, (_, variable: string) => draftVariable(RED, id, variable))
      .trim();
  const isOn = (name: string) => textOf(body, name) !== 'false';
  const settings = {
    port: text('port'),
    rate: text('rate'),
    autoRate: textOf(body, 'autoRate') === 'true',
  };
  const refusal = checks.port(settings.port) ?? checks.rate(settings.rate, settings);
  if (refusal) throw refusalError(refusal);
  const serial = { rate: startRate(settings), dtr: isOn('dtr'), rts: isOn('rts') };
  const opener = openerAt(settings.port, serial);
  const key = JSON.stringify([settings.port, serial]);
  return { opener, key, hasAutomaticRate: hasAutomaticRate(settings) };
}
