import { readFileSync, statSync } from 'node:fs';
import type { NodeAPI } from 'node-red';
import type { TlsMaterial } from '../../../driver/provisioning/tls-material';
import { draftText, draftVariable } from './draft-environment';
import { STORED, textOf } from './request-text';

/** Bytes of a file at most. */
const MAX_FILE_BYTES = 65_536;

/** Thrown for a file that cannot be read. */
export class DraftError extends Error {
  override readonly name = 'DraftError';
}

/**
 * Reads the undeployed settings of a `tls-config` node, in the same way as that node reads deployed ones at its start.
 * @param draft its settings, with `id` and the changed `credentials`
 * @throws DraftError
 */
export function draftMaterial(RED: NodeAPI, draft: object): TlsMaterial {
  const changed: unknown = Reflect.get(draft, 'credentials');
  const stored: unknown = RED.nodes.getCredentials(textOf(draft, 'id'));
  const credential = (name: string) => {
    const isChanged = typeof changed === 'object' && changed !== null && name in changed;
    const value = isChanged ? textOf(changed, name) : STORED;
    return draftText(RED, textOf(draft, 'id'), value === STORED ? textOf(stored, name) : value);
  };
  const setting = (name: string) => draftText(RED, textOf(draft, 'id'), textOf(draft, name)).trim();
  const passphrase = credential('passphrase');
  const fields = ['ca', 'cert', 'key'] as const;
  const gather = (read: (field: string) => string | Buffer) => ({
    ...Object.fromEntries(fields.map((field) => [field, read(field)])),
    passphrase,
  });
  switch (setting('certType')) {
    case 'pfx': {
      const path = setting('p12');
      const pfx = path === '' ? Buffer.from(credential('p12data'), 'base64') : fileAt(path);
      return pfx.length === 0 ? {} : { pfx, passphrase };
    }
    case 'env':
      return gather((field) => variable(RED, draft, setting(`${field}Env`)));
  }
  const hasPaths = fields.some((field) => setting(field) !== '');
  if (!hasPaths) return gather((field) => credential(`${field}data`));
  return gather((field) => {
    const path = setting(field);
    return path === '' ? '' : fileAt(path);
  });
}

function fileAt(path: string): Buffer {
  try {
    const about = statSync(path);
    // A device or a pipe would never end.
    if (!about.isFile() || about.size > MAX_FILE_BYTES) throw new DraftError(path);
    return readFileSync(path);
  } catch (error) {
    throw new DraftError(path, { cause: error });
  }
}

function variable(RED: NodeAPI, draft: object, name: string): string {
  return name === '' ? '' : draftVariable(RED, textOf(draft, 'id'), name);
}
