// Plays a story against a server with a TypeScript SDK, 1.x or 2.x, and prints what this client made of every answer.
// Called as `node ts_client.mjs stdio|http|sse COMMAND-OR-URL legacy|auto HEADERS`, in the folder that holds the SDK's
// package, with the story on stdin; the headers, as JSON, go with each request over HTTP.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [transport, where, era, headers] = process.argv.slice(2);
const require = createRequire(join(process.cwd(), "package.json"));
const [holds] = Object.keys(require("./package.json").dependencies);
const release = JSON.parse(readFileSync(join("node_modules", holds, "package.json"), "utf8")).version;
const sdk = holds === "@modelcontextprotocol/sdk" ? sdk1() : sdk2();

function sdk1() {
  const types = require(`${holds}/types.js`);
  return {
    Client: require(`${holds}/client/index.js`).Client,
    Stdio: require(`${holds}/client/stdio.js`).StdioClientTransport,
    Sse: require(`${holds}/client/sse.js`).SSEClientTransport,
    Http: require(`${holds}/client/streamableHttp.js`).StreamableHTTPClientTransport,
    elicit: types.ElicitRequestSchema,
    options: {},
  };
}

function sdk2() {
  const all = require(holds);
  return {
    Client: all.Client,
    Stdio: require(`${holds}/stdio`).StdioClientTransport,
    Sse: all.SSEClientTransport,
    Http: all.StreamableHTTPClientTransport,
    elicit: "elicitation/create",
    options: { versionNegotiation: { mode: era } },
  };
}

function connection() {
  if (transport === "stdio") {
    const [command, ...args] = JSON.parse(where);
    return new sdk.Stdio({ command, args });
  }
  const Way = transport === "sse" ? sdk.Sse : sdk.Http;
  return new Way(new URL(where), { requestInit: { headers: JSON.parse(headers) } });
}

async function play({ replies, steps }) {
  const capabilities = replies === null ? {} : { elicitation: {} };
  const client = new sdk.Client({ name: "interop", version: "1" }, { capabilities, ...sdk.options });
  const questions = [];
  if (replies !== null) {
    client.setRequestHandler(sdk.elicit, async (request) => {
      questions.push(request.params.message);
      return replies.shift();
    });
  }
  const way = connection();
  const protocol = agreedProtocol(way);
  await client.connect(way);
  const answers = {};
  let token = "";
  for (const [name, [verb, ...raw]] of Object.entries(steps)) {
    const given = JSON.parse(JSON.stringify(raw).replaceAll("$confirmation", token));
    try {
      answers[name] = await act(client, verb, given);
    } catch (error) {
      answers[name] = { rejected: `${error.name}: ${error.message}` };
    }
    token = answers[name].structuredContent?.confirmation ?? token;
  }
  const server = client.getServerVersion()?.name ?? null;
  await way.terminateSession?.();
  await client.close();
  return { protocol: client.getNegotiatedProtocolVersion?.() ?? protocol(), server, answers, questions };
}

// SDK 1.x tells the agreed protocol version to its transport only.
function agreedProtocol(way) {
  let agreed = null;
  const told = way.setProtocolVersion?.bind(way);
  way.setProtocolVersion = (version) => {
    agreed = version;
    told?.(version);
  };
  return () => agreed;
}

function act(client, verb, [first, second]) {
  switch (verb) {
    case "tools": return client.listTools();
    case "call": return client.callTool({ name: first, arguments: second });
    case "resources": return client.listResources();
    case "templates": return client.listResourceTemplates();
    case "read": return client.readResource({ uri: first });
    case "complete": return client.complete({ ref: { type: "ref/resource", uri: first }, argument: second });
    case "complete_prompt": return client.complete({ ref: { type: "ref/prompt", name: first }, argument: second });
    case "prompts": return client.listPrompts();
    case "prompt": return client.getPrompt({ name: first, arguments: second });
    default: throw new Error(`no verb ${verb}`);
  }
}

const sessions = [];
for (const story of JSON.parse(readFileSync(0, "utf8"))) sessions.push(await play(story));
console.log(JSON.stringify({ client: `${holds} ${release}`, sessions }));
