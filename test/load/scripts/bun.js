// An echo server on Bun, as its documentation has it, with pushes: POST /{n} to one connection, POST /all to all.
const members = new Map();
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request, server) {
    const name = request.url.slice(request.url.lastIndexOf("/") + 1);
    if (request.method !== "POST") {
      return server.upgrade(request, { data: name }) ? undefined : new Response("no WebSocket", { status: 400 });
    }
    const data = await request.text();
    if (name === "all") server.publish("all", data);
    else members.get(name).send(data);
    return new Response();
  },
  websocket: {
    idleTimeout: 960,
    open(ws) {
      members.set(ws.data, ws);
      ws.subscribe("all");
    },
    message(ws, data) {
      ws.send(data);
    },
    close(ws) {
      members.delete(ws.data);
    },
  },
});
console.log(`127.0.0.1:${server.port}`);
