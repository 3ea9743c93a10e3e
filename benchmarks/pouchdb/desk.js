// A desk with documents in memory. Each line of input is one thing to do; each is answered by one line.
//   {"put": [{"_id": …, …}]}   new documents, or fields of documents that are there
//   {"replicate": "http://…"}  bring what is new to the server
const readline = require("readline");
const PouchDB = require("pouchdb-core")
  .plugin(require("pouchdb-adapter-memory"))
  .plugin(require("pouchdb-adapter-http"))
  .plugin(require("pouchdb-replication"));

const desk = new PouchDB("desk", { adapter: "memory" });

async function put(docs) {
  const known = await desk.allDocs({ keys: docs.map((doc) => doc._id), include_docs: true });
  const merged = docs.map((doc, place) => ({ ...(known.rows[place].doc || {}), ...doc }));
  return desk.bulkDocs(merged);
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    if (asked.put) await put(asked.put);
    if (asked.replicate) await desk.replicate.to(asked.replicate);
    console.log("done");
  }
}

main();
