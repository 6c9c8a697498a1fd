// An echo server on Socket.IO: the event mock is answered by the event mock.
const { createRequire } = require("node:module");
const { createServer } = require("node:http");
const { Server } = createRequire(process.argv[2] + "/")("socket.io");
const http = createServer();
const io = new Server(http, { transports: ["websocket"], pingInterval: 600000 });
io.on("connection", (socket) => socket.on("mock", (text) => socket.emit("mock", text)));
http.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${http.address().port}`));
