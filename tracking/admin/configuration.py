"""Configuration: stores, carriers, services, warehouses, policies. Who may change them is their model's permission."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline

from tracking import clock
from tracking.admin.configuration_concerns import ConcernedCases
from tracking.admin.configuration_forms import (
    CutoffFormSet,
    MacroForm,
    ServiceForm,
    WarehouseForm,
    WeekdayForm,
    WindowForm,
    ZoneForm,
)
from tracking.admin.precision import PRECISION_SPAN, shown_precision
from tracking.exception_queue import concerns
from tracking.exception_queue.concerns import Concerned
from tracking.exception_queue.policies import numbered_presets
from tracking.exception_queue.sweep import look_at_all_again
from tracking.exception_queue.wanted import SPANS
from tracking.models import (
    CarePolicy,
    Carrier,
    ClaimPolicy,
    KindPolicy,
    Macro,
    PickupCutoff,
    PollPolicy,
    PromisePolicy,
    Service,
    Store,
    Warehouse,
    WindowPolicy,
)


class ConfigurationAdmin(ModelAdmin):
    """Rows that administrators own, edited in a form."""

    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True
    actions: ClassVar[list[Any]] = []
    list_per_page = 100
    judges_parcels = False  # a change concerns every active parcel: windows, severities, calendars, cut-offs

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["shiptrack/pages.css"]}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No deleting by the dozen."""
        return {}

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Have the parcels judged again once everything is saved."""
        super().save_related(request, form, formsets, change)
        self._judge_again()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """A row less is a change too."""
        super().delete_model(request, obj)
        self._judge_again()

    def _judge_again(self) -> None:
        if self.judges_parcels:
            look_at_all_again(now=clock.now())


@admin.register(Store)
class StoreAdmin(ConfigurationAdmin):
    """Shop fronts."""

    form = ZoneForm
    list_display = (
        "name",
        "brand",
        "brand_colour",
        "default_language",
        "time_zone",
        "currency",
        "country",
        "sender_email",
    )
    exclude = ("created_at",)

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """A new store is as old as this moment."""
        obj.created_at = obj.created_at or clock.now()
        super().save_model(request, obj, form, change)


@admin.register(Carrier)
class CarrierAdmin(ConfigurationAdmin):
    """Carriers and their calendars."""

    judges_parcels = True
    form = ZoneForm
    list_display = ("name", "code", "country", "time_zone", "works_saturday", "works_sunday")
    search_fields = ("=code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The code is the word of keys and mappings: it stays once it is given."""
        return ("code",) if obj else ()


@admin.register(Service)
class ServiceAdmin(ConfigurationAdmin):
    """Services of carriers."""

    form = ServiceForm
    list_display = ("name", "carrier", "known_as")
    list_filter = ("carrier",)
    list_select_related = ("carrier",)

    @admin.display(description="Vendors call it")
    def known_as(self, row: Service) -> str:
        """Its other names."""
        return ", ".join(row.aliases) or "—"


class CutoffInline(TabularInline):
    """Until when a carrier collects, weekday by weekday."""

    model = PickupCutoff
    form = WeekdayForm
    formset = CutoffFormSet
    extra = 0
    hide_title = True
    tab = True
    verbose_name_plural = "pickup cut-offs, in the warehouse's time zone"


@admin.register(Warehouse)
class WarehouseAdmin(ConfigurationAdmin):
    """Where parcels leave from."""

    judges_parcels = True
    form = WarehouseForm
    inlines = (CutoffInline,)
    list_display = ("name", "city", "country", "time_zone", "is_default", "known_as")

    @admin.display(description="Vendors call it")
    def known_as(self, row: Warehouse) -> str:
        """Its other names."""
        return ", ".join(row.aliases) or "—"


@admin.register(WindowPolicy)
class WindowPolicyAdmin(ConcernedCases, ConfigurationAdmin):
    """How long something may last; the most specific row wins, over the product's own windows."""

    judges_parcels = True
    form = WindowForm
    list_display = ("kind", "window", "length", "care_level", "international", "carrier", "service", "warehouse")
    list_filter = ("kind", "care_level", "carrier", "warehouse")
    list_select_related = ("carrier", "service", "warehouse")
    list_before_template = "shiptrack/lists/windows.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The rows, and what applies where there is none."""
        count = self.concerned(request)
        own = [{"row": row, "key": key, "cases": len(count.get(key, ()))} for key, row in numbered_presets()]
        return super().changelist_view(request, {**(extra_context or {}), "windows": own})

    def find_concerned(self) -> Concerned:
        """The cases for whose parcels a row decides."""
        return concerns.by_window()

    @admin.display(description="Window")
    def length(self, row: WindowPolicy) -> str:
        """Days of the carrier or of the clock."""
        return f"{row.days:g} {'clock' if row.is_clock else 'carrier'} days"


@admin.register(KindPolicy)
class KindPolicyAdmin(ConcernedCases, ConfigurationAdmin):
    """What a kind of exception leads to."""

    def find_concerned(self) -> Concerned:
        """The cases of a kind."""
        return concerns.by_column("kind")

    def key_of(self, row: KindPolicy) -> str:
        """A row is known by its kind."""
        return row.kind

    judges_parcels = True
    list_before_template = "shiptrack/lists/precision.html"
    list_display = (
        "kind", "severity", "cause", "next_action", "due_hours", "first_response_hours",
        "pauses_while_waiting_on_customer",
    )  # fmt: skip
    list_filter = ("severity", "cause")
    list_select_related = ("team",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The rows, and how often cases of each kind were real ones."""
        shown = {"precision": shown_precision(clock.now()), "precision_days": SPANS[PRECISION_SPAN].days}
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row a kind, from the start."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Every kind keeps its row."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A row stays with its kind."""
        return ("kind",)


@admin.register(CarePolicy)
class CarePolicyAdmin(ConcernedCases, ConfigurationAdmin):
    """Orders that deserve high care: a changed policy counts for orders that are told from then on."""

    def find_concerned(self) -> Concerned:
        """The cases of parcels whose care it set."""
        return concerns.by_column("shipment__care_policy")

    def key_of(self, row: CarePolicy) -> str:
        """Parcels keep the policy's name."""
        return row.name

    list_display = (
        "name", "position", "store", "minimum_total_minor", "currency", "tag", "promised_within_days", "country",
        "troubles", "troubles_within_days",
    )  # fmt: skip
    list_select_related = ("store",)


@admin.register(ClaimPolicy)
class ClaimPolicyAdmin(ConcernedCases, ConfigurationAdmin):
    """Until when carriers take claims. What nobody has confirmed is a common term: check with your carrier."""

    def find_concerned(self) -> Concerned:
        """The cases whose claim it dates."""
        return concerns.by_claim()

    judges_parcels = True
    list_display = ("carrier", "kind", "international", "days", "is_confirmed", "note")
    list_filter = ("carrier", "kind", "is_confirmed")
    list_select_related = ("carrier",)


@admin.register(Macro)
class MacroAdmin(ConfigurationAdmin):
    """Several steps of a case in one."""

    form = MacroForm
    list_display = ("name", "position", "is_active", "note", "next_action", "due_hours", "state", "outcome")
    list_filter = ("is_active", "state")


@admin.register(PromisePolicy)
class PromisePolicyAdmin(ConfigurationAdmin):
    """Promises for orders whose source gives none."""

    list_display = ("__str__", "store", "shipping_method", "country", "carrier_days")
    list_select_related = ("store",)


@admin.register(PollPolicy)
class PollPolicyAdmin(ConfigurationAdmin):
    """How often carriers are asked."""

    list_display = ("phase", "minutes")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row a phase, from the start."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Every phase keeps its row."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A row stays with its phase."""
        return ("phase",)
