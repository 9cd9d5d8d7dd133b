"""Admin pages of the packages we use: in our look, or gone."""

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

# Who may edit a schedule may name any function of the server; and the queue only rings, so there is nothing to see.
for model in (Failure, OrmQ, Schedule, Success, AccessFailureLog, AccessLog, AccessAttempt, User, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class PersonAdmin(UserAdmin, ModelAdmin):
    """People and their groups."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class PersonGroupAdmin(GroupAdmin, ModelAdmin):
    """What a group may do."""


@admin.register(AccessAttempt)
class FailedLoginAdmin(AccessAttemptAdmin, ModelAdmin):
    """Failed logins; deleting a row lets that person try again at once."""
