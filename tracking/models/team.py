"""Who works cases: teams, people, shifts, routing rules."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tracking.models.parties import Carrier, Warehouse
from tracking.vocabulary import Severity, SignalKind


class Team(models.Model):
    """A group that is responsible for cases, with its working hours in its own time zone."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=40, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    country = models.CharField(
        max_length=2, default="US", help_text="Whose public holidays it keeps; empty: none.", blank=True
    )
    is_external = models.BooleanField(default=False)
    email = models.EmailField(blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="TeamMember", related_name="shiptrack_teams")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """When a team works, weekday by weekday, local time."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(help_text="0 = Monday ... 6 = Sunday")
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        ordering = ["team", "weekday", "start"]
        verbose_name_plural = "working hours"
        constraints = [models.CheckConstraint(condition=models.Q(weekday__lte=6), name="hours_weekday")]

    def __str__(self) -> str:
        return f"{self.weekday} {self.start:%H:%M}-{self.end:%H:%M}"


class TeamMember(models.Model):
    """A person in a team; round robin goes by who was given a case longest ago."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    takes_cases = models.BooleanField(default=True)
    is_lead = models.BooleanField(default=False)
    last_assigned_at = models.DateTimeField(null=True, blank=True)
    away_from = models.DateTimeField(null=True, blank=True)
    away_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["team", "user"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="team_member_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Shift(models.Model):
    """When a person is on duty for a team, weekly, in the team's time zone; may not cross midnight."""

    member = models.ForeignKey(TeamMember, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(help_text="0 = Monday ... 6 = Sunday")
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        ordering = ["member", "weekday", "start"]
        constraints = [models.CheckConstraint(condition=models.Q(weekday__lte=6), name="shift_weekday")]

    def __str__(self) -> str:
        return f"{self.member} {self.weekday} {self.start:%H:%M}-{self.end:%H:%M}"


class RoutingRule(models.Model):
    """First matching rule by position decides the team; the last rule matches everything."""

    class Strategy(models.TextChoices):
        ROUND_ROBIN = "round_robin", "Round robin"
        LEAST_LOADED = "least_loaded", "Least loaded"
        UNOWNED = "unowned", "Leave unowned"

    position = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    is_last = models.BooleanField(default=False)
    kinds = ArrayField(models.CharField(max_length=32, choices=SignalKind.choices), default=list, blank=True)
    severities = ArrayField(models.CharField(max_length=10, choices=Severity.choices), default=list, blank=True)
    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, null=True, blank=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, null=True, blank=True)
    country = models.CharField(max_length=2, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    strategy = models.CharField(max_length=12, choices=Strategy.choices, default=Strategy.ROUND_ROBIN)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name
