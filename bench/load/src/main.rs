//! The load of `npm run bench`: thousands of WebSocket clients and one publisher, on one thread.
//!
//! `cryptointel-bench-load SERVER WORKLOAD`, both JSON: a [`Server`] and a [`Workload`]. Prints one line of JSON with
//! the figures. It shares the machine with the server it drives, so it does little: a client looks for the frames
//! in what it reads and counts one string in them.

mod client;
mod cpu;
mod crowd;
mod frames;
mod market;
mod publisher;
mod quantiles;
mod server;
mod tally;
mod workloads;

use anyhow::{Context, Result};
use server::Server;
use tokio::task::LocalSet;
use workloads::Workload;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || {
        arguments
            .next()
            .context("usage: cryptointel-bench-load SERVER WORKLOAD")
    };
    let server: Server = serde_json::from_str(&argument()?).context("SERVER")?;
    let workload: Workload = serde_json::from_str(&argument()?).context("WORKLOAD")?;

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let figures = LocalSet::new().block_on(&runtime, workload.run(&server))?;
    println!("{figures}");
    Ok(())
}
