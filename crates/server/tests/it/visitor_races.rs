//! Races of visitors' challenges over HTTP: one answer counts, and `valid` is told once, on all nodes.

use challenge::clock::Clock as _;
use countersign::serving::solver::solve;
use countersign::system::SystemClock;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::running::{Home, Server};
use crate::visitors::{account, client, issue, provided};

const AT_ONCE: usize = 32;
const ROUNDS: usize = 8;

/// The same request at all nodes at once; each one's status and answer.
async fn race(servers: &[Server], request: impl Fn(&str) -> RequestBuilder) -> Vec<(u16, Value)> {
    let mut race = JoinSet::new();
    for number in 0..AT_ONCE {
        let request = request(&servers[number % servers.len()].base);
        race.spawn(async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json().await.unwrap())
        });
    }
    race.join_all().await
}

/// The same answer to one challenge.
async fn race_answers(servers: &[Server], id: &str, answer: &Value) -> Vec<(u16, Value)> {
    let body = json!({ "answer": answer });
    let post = |base: &str| {
        client()
            .post(format!("{base}/ocapi/v2/challenge/{id}"))
            .json(&body)
    };
    race(servers, post).await
}

/// What all nodes together counted.
async fn counted(servers: &[Server], name: &str) -> u64 {
    let mut sum = 0;
    for server in servers {
        let metrics = client()
            .get(format!("{}/metrics", server.base))
            .send()
            .await
            .unwrap();
        assert_eq!(metrics.status(), StatusCode::OK);
        let metrics = metrics.text().await.unwrap();
        let start = format!("countersign_visitor_{name}_total{{site=\"shop\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
        sum += line.map_or(0, |count| count.parse::<u64>().unwrap());
    }
    sum
}

fn with_state(answers: &[(u16, Value)], state: &str) -> usize {
    let fitting = answers
        .iter()
        .filter(|(status, body)| *status == 200 && body["state"] == state);
    fitting.count()
}

async fn race_on(home: Home, nodes: usize) {
    let home = provided(home);
    let servers: Vec<_> = (0..nodes).map(|_| home.serve()).collect();
    let base = &servers[0].base;
    for round in 0..ROUNDS {
        let challenge = issue(base).await;
        let id = challenge["id"].as_str().unwrap();
        let told = race_answers(&servers, id, &solve(&challenge).unwrap()).await;
        assert_eq!(
            with_state(&told, "valid"),
            AT_ONCE,
            "round {round}: {told:?}"
        );

        let token = account(base).signed(&account(base).claims(id, SystemClock.now()));
        let check = |base: &str| {
            client()
                .get(format!("{base}/ocapi/v2/challenge/{id}"))
                .bearer_auth(&token)
        };
        let told = race(&servers, check).await;
        assert_eq!(with_state(&told, "valid"), 1, "round {round}: {told:?}");
        assert_eq!(
            with_state(&told, "consumed"),
            AT_ONCE - 1,
            "round {round}: {told:?}"
        );

        let challenge = issue(base).await;
        let id = challenge["id"].as_str().unwrap();
        let wrong = json!({"counter": 1, "derivedKey": "00".repeat(32)});
        let told = race_answers(&servers, id, &wrong).await;
        assert_eq!(with_state(&told, "invalid"), 1, "round {round}: {told:?}");
        let conflicts = told.iter().filter(|(status, _)| *status == 409).count();
        assert_eq!(conflicts, AT_ONCE - 1, "round {round}: {told:?}");
    }
    let rounds = u64::try_from(ROUNDS).unwrap();
    for name in ["answers_right", "answers_wrong", "checks_valid"] {
        assert_eq!(counted(&servers, name).await, rounds, "{name}");
    }
    // Two a round, and the one that comes with a wrong answer.
    assert_eq!(counted(&servers, "challenges_issued").await, 3 * rounds);
}

#[tokio::test]
async fn on_one_node_with_sqlite_one_answer_counts_and_valid_is_told_once() {
    race_on(Home::sqlite(), 1).await;
}

#[tokio::test]
async fn on_three_nodes_with_postgresql_one_answer_counts_and_valid_is_told_once() {
    race_on(Home::postgres(), 3).await;
}
