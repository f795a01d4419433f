// Runs in the demo's editor: the echo appears in the debug sidebar, so it is the one to see first.
/* global RED */
RED.events.on('flows:loaded', () => RED.sidebar.show('debug'));
