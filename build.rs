//! Sets up the linker for a Node-API addon and tells cargo what the generated `.d.ts` depends on.
fn main() {
    napi_build::setup();
}
