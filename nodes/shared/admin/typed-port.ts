import type { NodeAPI } from 'node-red';
import { checks } from '../checks/esp-at-device';
import { openerAt } from '../device/make-device';
import type { DialogPort } from '../device/port-visits';
import { refusalError } from '../errors/node-error';
import { draftVariable } from './draft-environment';
import { textOf } from './request-text';

/**
 * Reads the port that a user typed into a dialog, deployed or not, from the body of its request:
 * `{ port, rate, dtr, rts }`.
 * @param id of the device
 * @throws FlowError `INVALID_PORT`, `INVALID_SETTING`
 */
export function typedPort(RED: NodeAPI, id: string, body: unknown): DialogPort {
  const text = (name: string) =>
    textOf(body, name)
      .replace(/\$\{([^}]+)\}/g, (_, variable: string) => draftVariable(RED, id, variable))
      .trim();
  const settings = { port: text('port'), rate: text('rate') };
  const refusal = checks.port(settings.port) ?? checks.rate(settings.rate, settings);
  if (refusal) throw refusalError(refusal);
  const isOn = (name: string) => textOf(body, name) !== 'false';
  const rate = settings.rate === '' ? 115_200 : Number(settings.rate);
  const serial = { rate, dtr: isOn('dtr'), rts: isOn('rts') };
  const opener = openerAt(settings.port, serial);
  return { opener, key: JSON.stringify([settings.port, serial]) };
}
