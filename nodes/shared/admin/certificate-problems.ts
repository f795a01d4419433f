import { EspAtError } from '../../../driver/errors';
import { checkCertificates, outdatedCertificates } from '../../../driver/provisioning/certificates';

/** The PEM texts of one slot. An empty text means none. */
export interface CertificateText {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** A problem of one of the texts. */
export interface CertificateProblem {
  readonly field: keyof CertificateText | 'tls';
  readonly error: EspAtError;
}

const none: CertificateText = { ca: '', certificate: '', key: '' };

/** Finds every problem: damaged text, an expired certificate, a missing half of a pair, a key that does not fit. */
export function certificateProblems(slot: number, given: CertificateText): CertificateProblem[] {
  const problems: CertificateProblem[] = [];
  const note = (field: keyof CertificateText, error: unknown) => {
    if (!(error instanceof EspAtError)) throw error;
    problems.push({ field, error });
  };
  const { ca, certificate, key } = given;
  const damaged = new Set<keyof CertificateText>();
  const parts = [
    ['ca', { ...none, ca }],
    ['certificate', { ...none, certificate }],
    ['key', { ...none, key }],
  ] as const;
  for (const [field, text] of parts) {
    try {
      // Returns the certificates outside their validity period; throws for damaged text.
      for (const error of outdatedCertificates([{ slot, ...text }])) note(field, error);
    } catch (error) {
      damaged.add(field);
      note(field, error);
    }
  }
  if ((certificate === '') !== (key === '')) {
    const field = key === '' ? 'key' : 'certificate';
    const material = key === '' ? 'privateKey' : 'clientCertificate';
    note(field, new EspAtError('CERTIFICATE_MISSING', { material, index: slot }));
  } else if (!damaged.has('certificate') && !damaged.has('key')) {
    try {
      checkCertificates([{ slot, ...none, certificate, key }]);
    } catch (error) {
      note('key', error);
    }
  }
  return problems;
}
