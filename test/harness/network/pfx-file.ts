import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The passphrase of the files that have one. */
export const PFX_PASSPHRASE = 'secret word';

/** A PKCS #12 file of `pfx/make.sh`: the certificate "board", its key, "Middle CA" and "Root CA". */
export const pfxFile = (name: string): Buffer => readFileSync(pfxPath(name));

export const pfxPath = (name: string): string => join(__dirname, 'pfx', `${name}.p12`);
