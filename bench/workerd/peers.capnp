# The JavaScript objects, each on a bare workerd of its own: `workerd serve peers.capnp object`.
using Workerd = import "/workerd/workerd.capnp";

const storage :Workerd.Service = (name = "storage", disk = (path = "storage", writable = true));
const http :Workerd.Socket = (name = "http", address = "127.0.0.1:8787", http = (), service = "hub");
const namespaces :List(Workerd.Worker.DurableObjectNamespace) =
  [(className = "Hub", uniqueKey = "Hub", enableSql = true)];
const bindings :List(Workerd.Worker.Binding) = [
  (name = "HUB", durableObjectNamespace = "Hub"),
  (name = "JWT_SECRET", fromEnvironment = "JWT_SECRET"),
];

const jwt :Workerd.Worker.Module = (name = "jwt.js", esModule = embed "../peers/jwt.js");
const limits :Workerd.Worker.Module = (name = "limits.js", esModule = embed "../peers/limits.js");
const worker :Workerd.Worker.Module = (name = "worker.js", esModule = embed "../peers/worker.js");
const hub :Workerd.Worker.Module = (name = "hub.js", esModule = embed "../peers/hub.js");
const plain :Workerd.Worker.Module = (name = "object.js", esModule = embed "../peers/object.js");
const batching :Workerd.Worker.Module = (name = "batching-object.js", esModule = embed "../peers/batching-object.js");

const object :Workerd.Config = (
  services = [
    (name = "hub", worker = (
      compatibilityDate = "2026-11-01",
      modules = [.plain, .hub, .worker, .jwt, .limits],
      durableObjectNamespaces = .namespaces,
      durableObjectStorage = (localDisk = "storage"),
      bindings = .bindings,
    )),
    .storage,
  ],
  sockets = [.http],
);

const batchingObject :Workerd.Config = (
  services = [
    (name = "hub", worker = (
      compatibilityDate = "2026-11-01",
      modules = [.batching, .hub, .worker, .jwt, .limits],
      durableObjectNamespaces = .namespaces,
      durableObjectStorage = (localDisk = "storage"),
      bindings = .bindings,
    )),
    .storage,
  ],
  sockets = [.http],
);
