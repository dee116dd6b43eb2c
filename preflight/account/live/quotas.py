"""The quotas of a service: the account's own values, AWS's defaults where those are not to be had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.account.facts import Known, Unknown
from preflight.account.live.calls import Answered, Call
from preflight.account.live.concurrent_reads import ReadPlan
from preflight.account.live.declared_reads import DeclaredRead
from preflight.account.live.errors import Failed, unknown
from preflight.account.live.incomplete import IncompleteAnswerError


def quotas(question: DeclaredRead) -> ReadPlan:
    """Read every quota of a ServiceCode in ServiceQuota's shape; an AWS default has `Default: true`.

    ListServiceQuotas leaves out the quotas whose applied value is not available. An account's own value may be far
    above or below the default, so a default must never be taken for it.
    """
    service = question.ask["ServiceCode"]
    applied, default = yield [
        Call("service-quotas", name, {"ServiceCode": service}, region=question.ask.region, page_size=100)
        for name in ("list_service_quotas", "list_aws_default_service_quotas")
    ]
    if isinstance(applied, Failed) and isinstance(default, Failed):
        return unknown(applied, "servicequotas:ListServiceQuotas", "allow servicequotas:ListServiceQuotas on *")
    if any(isinstance(each, Answered) and "Quotas" not in each.response for each in (applied, default)):
        return Unknown(
            "servicequotas:ListServiceQuotas: the response lists no quotas", "check --endpoint-url and any proxy"
        )
    own = _entries(applied) if isinstance(applied, Answered) else []
    codes = {quota["QuotaCode"] for quota in own}
    defaults = _entries(default) if isinstance(default, Answered) else []
    return Known([*own, *({**quota, "Default": True} for quota in defaults if quota["QuotaCode"] not in codes)])


def _entries(answer: Answered) -> list[Mapping[str, Any]]:
    """Return the quotas of an answer. Raises `IncompleteAnswerError` where one of them lacks what AWS always sends."""
    found: list[Mapping[str, Any]] = answer.response["Quotas"]
    for each in found:
        for name in ("QuotaCode", "QuotaName", "Value"):
            if not isinstance(each, Mapping) or each.get(name) is None:
                raise IncompleteAnswerError(answer.operation, f"the response has a quota without {name}")
    return found
