"""An answer on its way to a browser whose page is closed, by the deployed rule, queue and function."""

from tests.toolkit.deployment import Stack, call, wait_for


def test_an_answer_reaches_a_browser_whose_page_is_closed(stack: Stack) -> None:
    service = stack.push_service
    service.public_key = call("GET", f"{stack.local.api_url}/push").json()["public_key"]
    visitor = stack.start_with_agent(message="Hello")
    browser = service.subscribe()
    stored = visitor.call("PUT", "/push/subscription", json={**browser.subscription, "language": "fi"})
    assert stored.status_code == 204, stored.text

    stack.giosg.agent.say(visitor.chat_id, "Good morning")

    (told,) = wait_for(lambda: service.received or service.refused)
    assert service.refused == []
    assert (told.endpoint, told.content["title"]) == (browser.endpoint, "Sait vastauksen")
    assert told.content["chat_id"] == visitor.chat_id
