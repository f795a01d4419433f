/** The WebSocket commands of the firmware. */
export { DEFAULT_BUFFER_BYTES, wscfg, wscfgProbe } from './wscfg';
export { parseWshead, wshead, wsheadClear, wsheadQuery } from './wshead';
export {
  parseWsopen,
  placeAuthorization,
  withoutUserinfo,
  wsclose,
  wsopen,
  wsopenQuery,
  type ListedLink,
} from './wsopen';
export {
  CLOSE_OPCODE,
  MAX_CONTROL_BYTES,
  DEFAULT_SEND_TIMEOUT_MS,
  PING_OPCODE,
  payloadBytes,
  wsdatafmt,
  wsping,
  wssend,
} from './wssend';
