"""A wish to close an account is recognised in Vietnamese and English, and nothing else is taken for one."""

import pytest

from chalicelib.tickets.asking import asks_for_closure

ASKS = [
    "Hủy tài khoản",
    "huy tai khoan",
    "HUỶ TÀI KHOẢN",
    "Hu\u0309y ta\u0300i khoa\u0309n",
    "xóa tài khoản",
    "xoá tài khoản",
    "đóng tài khoản",
    "Yêu cầu hủy tài khoản khách hàng",
    "Tôi muốn xóa tài khoản của tôi",
    "Nhờ anh chị xóa giúp em tài khoản",
    "Vui lòng huỷ bỏ tài khoản giúp tôi",
    "Đề nghị đóng toàn bộ tài khoản",
    "Yêu cầu chấm dứt tài khoản",
    "Tôi không sử dụng nữa, xin hủy tài khoản",
    "Làm sao để xóa tài khoản?",
    "Không thể xóa tài khoản",
    "tôi muốn tài khoản này được xóa",
    "Tài khoản này tôi muốn xóa",
    "Chào anh, em muốn hủy tk ạ",
    "close my account",
    "Close account",
    "delete account",
    "Please delete my Acme Cloud account immediately",
    "cancel my account",
    "Cancelling our company account",
    "remove my account",
    "terminate the account",
    "How do I delete my account?",
    "I cannot delete my account",
    "I want my account deleted",
    "Please have this account closed.",
    "Account closure request",
    "Request for deletion of my account",
    "I no longer need it. Please close\nmy account, and all data.",
]
DOES_NOT = [
    "",
    "hủy đơn hàng",
    "Hủy liên kết tài khoản ngân hàng",
    "hủy thanh toán",
    "đừng xóa tài khoản của tôi",
    "Tôi không muốn hủy tài khoản",
    "Tài khoản của tôi bị khóa",
    "Ai đã xóa tài khoản của tôi?",
    "Tại sao xóa tài khoản của tôi?",
    "đóng tiền vào tài khoản",
    "đóng băng tài khoản",
    "Tôi không đăng nhập được tài khoản",
    "cancel my order",
    "cancel my order on my account",
    "remove the card from my account",
    "delete my account number",
    "my account is closed, why?",
    "my account was deleted",
    "Why did you close my account?",
    "Please do not close my account",
    "Don't delete my account!",
    "close the ticket. My account works.",
    "How do I open an account?",
]


@pytest.mark.parametrize("said", ASKS)
def test_a_wish_to_close_an_account_is_recognised_in_subject_and_content(said: str) -> None:
    assert asks_for_closure(said, "")
    assert asks_for_closure("Hello", f"Dear team,\n\n{said}\n\nThank you")


@pytest.mark.parametrize("said", DOES_NOT)
def test_other_wishes_and_complaints_are_not(said: str) -> None:
    assert not asks_for_closure(said, "")
    assert not asks_for_closure("Hello", said)


def test_a_subject_and_a_content_are_not_read_as_one_sentence() -> None:
    assert not asks_for_closure("close", "my account is fine")
