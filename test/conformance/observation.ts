const SEEN =
  /^\W*(?:the )?(?:server|peer)?:?\s*(?:got|gets|sees?|saw|receives?d?|accept(?:s|ed)|notices?d?|answer(?:s|ed)(?! pings?\b)|echo(?:es|ed)?|has|had|picks|connection (?:open|accepted|from)|(?:new|tcp) connection|request|(?:client|socket|connection) (?:is )?(?:closed|gone|ended|lost|disconnected)|client|connection \d+$|(?:ping|pong|close frame|frame|text) (?:received|seen|arrived))\b/i;

/** The device's acts, requests and frames as the server sees them, and answers that its path gives by itself. */
const FROM_THE_DEVICE =
  /\b(?:from|by) the (?:device|client)\b|^\W*(?:the )?(?:device|client) (?:sends|sent|closes|closed|drops|ends|opens)\b|\bmasked=1\b|^\W*(?:GET \/|upgrade request|handshake\W*$|reconnect(?:ed|s)?\W*$|(?:connection|request) \d+\b|(?:first|second|third|another) connection)|\bsen(?:ds|t) (?:the |a )?(?:101|200|30\d|40\d)\b|^\W*(?:101|30\d|40\d) sent/i;

/** Words that tell what the server saw, or what a path does by itself: nothing is to be done. */
export function isObservation(text: string): boolean {
  return SEEN.test(text) || FROM_THE_DEVICE.test(text);
}
