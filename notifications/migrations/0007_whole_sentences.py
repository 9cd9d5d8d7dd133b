"""The sentences a message stays true with are kept whole: the longest was cut at 24 letters, and its message withdrawn."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_slack")]

    operations = [
        migrations.AlterField(
            model_name="outboxrow",
            name="true_while",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64), blank=True, default=list, size=None
            ),
        ),
    ]
