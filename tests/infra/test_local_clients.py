"""Clients of the local cloud are made once, what botocore knows about services is read once."""

from pathlib import Path

import botocore
from botocore.loaders import JSONFileLoader
from moto.core import responses
from moto.dynamodb.responses import DynamoHandler

from infra.local.clients import client, models_read_once
from tests.infra.small_cloud import small_cloud


def test_a_client_goes_on_in_the_next_cloud_and_finds_that_empty() -> None:
    with small_cloud():
        sqs = client("sqs")
        sqs.create_queue(QueueName="first")
    with small_cloud():
        assert client("sqs") is sqs
        assert "QueueUrls" not in sqs.list_queues()


def test_what_is_known_about_a_service_is_read_once_and_is_what_lies_there() -> None:
    path = str(Path(botocore.__file__).parent / "data" / "sqs" / "2012-11-05" / "paginators-1")
    as_it_lies = JSONFileLoader().load_file(path)
    with models_read_once():
        once = JSONFileLoader().load_file(path)
        assert once == as_it_lies
        assert once is JSONFileLoader().load_file(path)
        assert JSONFileLoader().load_file("/nowhere/there/is/this") is None


def test_what_moto_answers_is_looked_up_once() -> None:
    slow = vars(responses)["method_names_from_class"](DynamoHandler)
    with models_read_once():
        look_up = vars(responses)["method_names_from_class"]
        assert look_up(DynamoHandler) == slow
        assert look_up(DynamoHandler) is look_up(DynamoHandler)


def test_the_seams_are_where_we_expect_them() -> None:
    assert "load_file" in vars(JSONFileLoader)
    assert "method_names_from_class" in vars(responses)
