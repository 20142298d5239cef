# The built Worker (scripts/build.sh) on bare workerd. Limits that count per address or minute are off, since all
# clients are one machine; one object holds all sockets, as in the peers.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "hub", worker = .hub),
    (name = "no-database", worker = .noDatabase),
    (name = "storage", disk = (path = "storage", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "hub")],
);

const hub :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["enable_request_signal"],
  modules = [
    (name = "index.js", esModule = embed "../../build/index.js"),
    (name = "index_bg.wasm", wasm = embed "../../build/index_bg.wasm"),
  ],
  durableObjectNamespaces = [
    (className = "WebSocketConnection", uniqueKey = "WebSocketConnection", enableSql = true),
    (className = "MarketFeed", uniqueKey = "MarketFeed", enableSql = true),
    (className = "Broker", uniqueKey = "Broker", enableSql = true),
    (className = "RequestLimiter", uniqueKey = "RequestLimiter", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [
    (name = "WEBSOCKET_CONNECTIONS", durableObjectNamespace = "WebSocketConnection"),
    (name = "MARKET_FEED", durableObjectNamespace = "MarketFeed"),
    (name = "BROKER", durableObjectNamespace = "Broker"),
    (name = "REQUEST_LIMITERS", durableObjectNamespace = "RequestLimiter"),
    # workerd brings no D1: every statement fails, which the hub outlives.
    (name = "DB", wrapped = (
      moduleName = "cloudflare-internal:d1-api",
      innerBindings = [(name = "fetcher", service = "no-database")],
    )),
    (name = "JWT_SECRET", fromEnvironment = "JWT_SECRET"),
    # A feed that hears nothing: prices of its own would be counted among those that are published.
    (name = "FEED_SOURCE", fromEnvironment = "FEED_SOURCE"),
    (name = "FEED_INTERVAL_MS", fromEnvironment = "FEED_INTERVAL_MS"),
    (name = "PRICE_PROVIDERS", text = "coingecko"),
    (name = "CANDLE_PROVIDERS", text = "none"),
    (name = "COINGECKO_URL", text = "http://127.0.0.1:9"),
    (name = "FEAR_GREED_URL", text = "http://127.0.0.1:9"),
    (name = "CONNECTIONS_PER_MINUTE", text = "0"),
    (name = "MESSAGES_PER_MINUTE", text = "0"),
    (name = "API_REQUESTS_PER_15_MIN", text = "0"),
    (name = "MAX_SHARDS", text = "1"),
    (name = "MAX_CONNECTIONS", text = "32768"),
  ],
);

const noDatabase :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [(name = "no-database.js", esModule = "export default { fetch: () => new Response('no database', { status: 500 }) };")],
);
