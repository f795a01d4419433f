import type { Name, Reason } from '../../../driver/error-reasons';
import { EspAtError, type ErrorCode, type ErrorDetails } from '../../../driver/errors';

/** The codes that only nodes throw. Their sentences are in the catalogs of the nodes, under `errors`. */
export const nodeErrorCodes = [
  'PORT_SHARED',
  'NO_DEVICE',
  'INVALID_ACTION',
  'RECORDING_FAILED',
  'TEMPLATE_FAILED',
  'VALUE_UNREADABLE',
  'VALUE_LATE',
  'NOT_JSON',
  'MESSAGE_UNUSABLE',
] as const;

type NodeErrorCode = (typeof nodeErrorCodes)[number];

/** Reasons of refusals that only nodes give. Their clauses are in the catalogs, under `reasons`. */
export const nodeReasons = [
  // Settings
  'NOT_USABLE',
  'BELOW_RATE',
  'BAD_SIMULATOR_OPTION',
  'BELOW_PING',
  'BAD_ESCAPE',
  'SECRET_MISSING',
  // Messages
  'WRONG_TYPE',
  'EMPTY_IN_JSON',
  'NOT_HEADERS',
  'NO_NAME',
  // Templates
  'TAG_NOT_CLOSED',
  'SECTION_NOT_CLOSED',
  'SECTION_NOT_OPENED',
  'BAD_DELIMITERS',
  'CONTEXT_UNREADABLE',
  'EXPRESSION_FAILS',
  // TLS configurations
  'CONFIG_MISSING',
  'FILES_UNREADABLE',
  'HOLDS_NOTHING',
  'HOLDS_NO_CA',
  'HOLDS_NO_KEY',
] as const;

/** Settings, templates and a state that only nodes have. Their names are in the catalogs, under `names`. */
export const nodeNames = [
  'busy',
  'holdSeconds',
  'holdMessages',
  'pollSeconds',
  'uri',
  'subprotocol',
  'authorization',
  'timeout',
  'payload',
  'closeCode',
  'closeReason',
  'tlsConfig',
] as const;

/** A code, a reason and a name in the sentences that flows get: of the driver, or of the nodes. */
export type FlowErrorCode = ErrorCode | NodeErrorCode;
export type FlowReason = Reason | (typeof nodeReasons)[number];
export type FlowName = Name | (typeof nodeNames)[number];

/** An error that only nodes throw: a stable `code`, and the details of its sentence. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: NodeErrorCode;
  readonly details: ErrorDetails;

  constructor(code: NodeErrorCode, details: ErrorDetails = {}, options?: { cause: unknown }) {
    super(code, options);
    this.code = code;
    this.details = details;
  }
}

/** An error that flows know by its code: of the driver, or of the nodes. */
export type FlowError = EspAtError | NodeError;

export function isFlowError(error: unknown): error is FlowError {
  return error instanceof EspAtError || error instanceof NodeError;
}

/** What a setting is refused with: code and details of an error. */
export interface Refusal {
  readonly code: FlowErrorCode;
  readonly details: ErrorDetails;
}

/** The error of a refused setting. */
export function refusalError({ code, details }: Refusal): FlowError {
  return isNodeCode(code) ? new NodeError(code, details) : new EspAtError(code, details);
}

function isNodeCode(code: FlowErrorCode): code is NodeErrorCode {
  return nodeErrorCodes.some((each) => each === code);
}
