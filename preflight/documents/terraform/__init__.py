"""Terraform: the plan in what `terraform show -json` prints of a saved plan.

Source of the form: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from preflight.documents.terraform.plans import plan_in

__all__ = ["plan_in"]
