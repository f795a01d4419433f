import assert from 'node:assert/strict';
import { it } from 'node:test';
import { certificateProblems } from '../../nodes/shared/admin/certificate-problems';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';

const authority = makeAuthority('an authority');
const one = makeIdentity(authority, 'one');
const other = makeIdentity(authority, 'other');
const none = { ca: '', certificate: '', key: '' };

/** What is wrong, field by field, in English. */
function problems(given: Partial<typeof none>): string[] {
  const key = (name: string) => name;
  return certificateProblems(key, 1, { ...none, ...given }).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

it('finds nothing wrong with what belongs together', () => {
  const { certificate, key } = one;
  assert.deepEqual(problems({ ca: authority.certificate, certificate, key }), []);
  assert.deepEqual(problems({ ca: authority.certificate }), []);
});

it('misses the other half where there is only one', () => {
  assert.deepEqual(problems({ key: one.key }), [
    'certificate: Slot 1 of the device has no client certificate. Give it in the option certificates, or choose another slot.',
  ]);
  assert.deepEqual(problems({ certificate: one.certificate }), [
    'key: Slot 1 of the device has no private key. Give it in the option certificates, or choose another slot.',
  ]);
});

it('says what cannot be read, and nothing more about the pair then', () => {
  const fields = (given: Partial<typeof none>) =>
    problems(given).map((problem) => problem.split(':')[0]);
  assert.deepEqual(fields({ key: 'nothing' }), ['key']);
  assert.deepEqual(fields({ key: one.key, certificate: 'nothing' }), ['certificate']);
  assert.deepEqual(fields({ ca: 'nothing', key: one.key }), ['ca', 'certificate']);
});

it('says that a key does not fit', () => {
  assert.deepEqual(problems({ certificate: one.certificate, key: other.key }), [
    'key: Replace the private key in slot 1: it does not fit the client certificate.',
  ]);
});

it('refuses a text of several megabytes at once, without reading it', () => {
  const ca = authority.certificate.repeat(Math.ceil(4_500_000 / authority.certificate.length));
  const began = performance.now();
  const [problem = ''] = problems({ ca });
  assert.match(problem, /^ca: .*at most 65536/);
  assert.ok(performance.now() - began < 100, `it took ${performance.now() - began} ms`);
});
