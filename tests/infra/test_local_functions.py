"""Lambda in this process: moto's `LambdaFunction.invoke` is the seam."""

import json
from typing import Any

import boto3
import pytest
from moto.awslambda.models import LambdaFunction

from infra.local.functions import afterwards, resolve, running
from tests.infra.small_cloud import SmallCloud


def invoke(name: str, event: Any, **how: Any) -> Any:
    return boto3.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **how)


def test_an_invoked_function_runs_in_this_process_and_answers_json(cloud: SmallCloud) -> None:
    cloud.function("greet", lambda event, _: {"hello": event["name"]})
    answer = invoke("greet", {"name": "Lan"})
    assert json.loads(answer["Payload"].read()) == {"hello": "Lan"}
    assert "FunctionError" not in answer


def test_what_json_cannot_say_is_an_error_as_on_lambda(cloud: SmallCloud) -> None:
    cloud.function("sets", lambda _event, _: {1, 2})
    answer = invoke("sets", {})
    assert answer["FunctionError"] == "Unhandled"


def test_an_exception_is_worded_as_lambda_words_it(cloud: SmallCloud) -> None:
    def fail(_event: Any, _context: Any) -> None:
        raise KeyError("nothing")

    cloud.function("fail", fail)
    answer = invoke("fail", {})
    error = json.loads(answer["Payload"].read())
    assert (answer["FunctionError"], error["errorType"]) == ("Unhandled", "KeyError")


def test_the_context_has_what_lambda_gives(cloud: SmallCloud) -> None:
    def tell(_event: Any, context: Any) -> list[Any]:
        return [context.function_name, context.get_remaining_time_in_millis() > 0, bool(context.aws_request_id)]

    cloud.function("tell", tell)
    assert json.loads(invoke("tell", {})["Payload"].read()) == ["tell", True, True]


def test_an_event_comes_back_at_once_and_is_in_flight_until_it_ran(cloud: SmallCloud) -> None:
    seen: list[Any] = []
    cloud.function("hear", lambda event, _: seen.append(event))
    assert invoke("hear", {"n": 1}, InvocationType="Event")["StatusCode"] == 202
    cloud.quiet.wait()
    assert seen == [{"n": 1}]


def test_a_failing_event_is_tried_three_times_and_then_lies_in_the_failure_queue(cloud: SmallCloud) -> None:
    tries: list[int] = []

    def fail(_event: Any, _context: Any) -> None:
        tries.append(1)
        raise ValueError("no")

    cloud.function("fail", fail)
    url, arn = cloud.queue("given-up")
    boto3.client("lambda").put_function_event_invoke_config(
        FunctionName="fail", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    invoke("fail", {"n": 1}, InvocationType="Event")
    cloud.quiet.wait()
    (message,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])
    assert len(tries) == 3
    assert (told["requestPayload"], told["responsePayload"]["errorType"]) == ({"n": 1}, "ValueError")


def test_the_template_s_own_number_of_retries_counts(cloud: SmallCloud) -> None:
    tries: list[int] = []

    def fail(_event: Any, _context: Any) -> None:
        tries.append(1)
        raise ValueError("no")

    cloud.function("fail", fail)
    boto3.client("lambda").put_function_event_invoke_config(FunctionName="fail", MaximumRetryAttempts=0)
    invoke("fail", {}, InvocationType="Event")
    cloud.quiet.wait()
    assert len(tries) == 1


def test_a_topic_hands_its_message_over_as_an_event(cloud: SmallCloud) -> None:
    seen: list[str] = []
    function = cloud.function("hear", lambda event, _: seen.append(event["Records"][0]["Sns"]["Message"]))
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function.function_arn)
    sns.publish(TopicArn=topic, Message="hello")
    cloud.quiet.wait()
    assert seen == ["hello"]


def test_it_is_known_which_function_runs_and_what_waits_for_its_end(cloud: SmallCloud) -> None:
    order: list[Any] = []

    def act(_event: Any, _context: Any) -> None:
        afterwards(lambda: order.append("afterwards"))
        order.append(running.get())

    cloud.functions.call(cloud.function("act", act), {})
    assert order == ["act", "afterwards"]
    assert running.get() is None


def test_a_handler_is_found_as_lambda_finds_it() -> None:
    assert resolve("json.decoder.JSONDecoder").__name__ == "JSONDecoder"


def test_moto_calls_functions_through_the_seam() -> None:
    assert "invoke" in vars(LambdaFunction)
    assert list(LambdaFunction.invoke.__annotations__)[:3] == ["body", "request_headers", "response_headers"]


def test_an_unknown_handler_says_so() -> None:
    with pytest.raises(AttributeError, match="nobody"):
        resolve("json.decoder.nobody")
