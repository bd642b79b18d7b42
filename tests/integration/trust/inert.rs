//! What is looked at, signed or pinned is not run.

use handmade::Parts;

use super::Desk;

#[tokio::test]
async fn inspecting_verifying_signing_and_adding_a_component_that_never_ends_to_start_runs_nothing_of_it() {
    let desk = Desk::signed().await;
    let definitions = "(func $spin (loop $again (br $again))) (start $spin)";
    std::fs::write(desk.path("rest.wasm"), Parts { definitions, ..Parts::default() }.encode()).unwrap();
    desk.sign("rest.wasm", "acme").await;
    let file = desk.text("rest.wasm");
    for arguments in [&["inspect", file.as_str()][..], &["verify", &file], &["add", "nordwind", &file]] {
        let ended = desk.run(&[&["adapter"], arguments].concat()).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
    }
    let described = desk.adapter(&["inspect", &file, "--describe"]).await;
    assert!(described.code == Some(64) && described.stderr.contains("CPU time"), "it is what it seems: {}", described.stderr);
}
