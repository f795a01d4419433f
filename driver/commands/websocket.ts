/** The WebSocket commands of the firmware. */
export { BUFFER_SIZE, wscfg, wscfgProbe } from './wscfg';
export { parseWshead, wshead, wsheadClear, wsheadQuery } from './wshead';
export {
  parseWsopen,
  placeAuthorization,
  withoutUserinfo,
  wsclose,
  wsopen,
  wsopenQuery,
  type OpenLink,
} from './wsopen';
export { MAX_CONTROL_BYTES, SEND_TIMEOUT, wsdatafmt, wsping, wssend } from './wssend';
