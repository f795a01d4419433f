import assert from 'node:assert/strict';
import { it } from 'node:test';
import { certificateProblems } from '../../../nodes/shared/admin/certificate-problems';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';

const authority = makeAuthority('an authority');
const one = makeIdentity(authority, 'one');
const other = makeIdentity(authority, 'other');
const none = { ca: '', certificate: '', key: '' };

/** What is wrong, field by field, in English. */
function problems(given: Partial<typeof none>): string[] {
  return certificateProblems(1, { ...none, ...given }).map(
    ({ field, error }) => `${field}: ${error.message}`,
  );
}

it('a certificate with its key: no problem', () => {
  const { certificate, key } = one;
  assert.deepEqual(problems({ ca: authority.certificate, certificate, key }), []);
  assert.deepEqual(problems({ ca: authority.certificate }), []);
});

it('a certificate or key alone: the other is missing', () => {
  assert.deepEqual(problems({ key: one.key }), [
    'certificate: Slot 1 of the device has no client certificate. Give it in the option certificates, or choose another slot.',
  ]);
  assert.deepEqual(problems({ certificate: one.certificate }), [
    'key: Slot 1 of the device has no private key. Give it in the option certificates, or choose another slot.',
  ]);
});

it('unreadable text: named, without more about the pair', () => {
  const fields = (given: Partial<typeof none>) =>
    problems(given).map((problem) => problem.split(':')[0]);
  assert.deepEqual(fields({ key: 'nothing' }), ['key']);
  assert.deepEqual(fields({ key: one.key, certificate: 'nothing' }), ['certificate']);
  assert.deepEqual(fields({ ca: 'nothing', key: one.key }), ['ca', 'certificate']);
});

it('a key of another certificate: named', () => {
  assert.deepEqual(problems({ certificate: one.certificate, key: other.key }), [
    'key: Replace the private key in slot 1: it does not fit the client certificate.',
  ]);
});

it('text of several megabytes: refused without parsing', () => {
  const ca = authority.certificate.repeat(Math.ceil(4_500_000 / authority.certificate.length));
  const [problem = ''] = problems({ ca });
  assert.match(problem, /^ca: .*at most 65536/);
});
