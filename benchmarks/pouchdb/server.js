// A CouchDB-like server in memory; prints the port it listens at.
const express = require("express");
const PouchDB = require("pouchdb-core")
  .plugin(require("pouchdb-adapter-memory"))
  .plugin(require("pouchdb-mapreduce"))
  .plugin(require("pouchdb-replication"));

const app = express();
const Memory = PouchDB.defaults({ adapter: "memory" });
app.use("/", require("express-pouchdb")(Memory, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: "/dev/null" }));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
