// The page is one more client of the API: it opens a WebSocket and speaks the four actions.
const element = (id) => document.getElementById(id);
const {url} = await (await fetch("config.json")).json();
let socket;

function show(text, kind) {
  const line = document.createElement("li");
  line.textContent = text; // never as HTML: it is what a stranger wrote
  if (kind) line.className = kind;
  element("log").append(line);
  line.scrollIntoView({block: "nearest"});
}

function joined(yes) {
  element("join").hidden = yes;
  element("say").hidden = !yes;
}

const told = {
  joined: ({name}) => show(`${name} has joined.`, "note"),
  left: ({name}) => show(`${name} has left.`, "note"),
  said: ({name, text}) => show(`${name}: ${text}`),
  error: ({text}) => show(text, "error"),
  who: ({you, people}) => {
    for (const {name, connectionId} of people) {
      show(`${name ?? "(somebody who has not joined)"} on connection ${connectionId}${connectionId === you ? " (you)" : ""}`, "note");
    }
  },
};

function connect() {
  socket = new WebSocket(url);
  socket.onopen = () => { element("state").textContent = `Connected to ${url}`; };
  socket.onmessage = ({data}) => {
    let news;
    try { news = JSON.parse(data); } catch { /* a push need not be JSON */ }
    const tell = told[news?.type];
    if (tell) tell(news); else show(data, "note");
  };
  socket.onclose = ({code, reason}) => {
    element("state").textContent = `Connection closed (${code}${reason ? " " + reason : ""}); trying again.`;
    joined(false);
    setTimeout(connect, 1000 + Math.random() * 2000);
  };
}

const send = (message) => {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
};
element("join").onsubmit = (event) => {
  event.preventDefault();
  send({action: "join", name: element("name").value});
  joined(true);
  element("text").focus();
};
element("say").onsubmit = (event) => {
  event.preventDefault();
  send({action: "say", text: element("text").value});
  element("text").value = "";
};
element("who").onclick = () => send({action: "who"});
element("leave").onclick = () => { send({action: "leave"}); joined(false); };
connect();
