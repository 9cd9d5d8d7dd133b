import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracking", "0017_retired_rules")]

    operations = [
        migrations.AlterField(
            model_name="trackingevent",
            name="source",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="tracking.source",
            ),
        ),
        migrations.AlterField(
            model_name="trackingevent",
            name="time_text",
            field=models.CharField(blank=True, help_text="As told, where it was no exact moment.", max_length=64),
        ),
        migrations.AlterField(
            model_name="trackingevent",
            name="text",
            field=models.CharField(blank=True, db_column="text", max_length=300),
        ),
        migrations.RenameField(model_name="trackingevent", old_name="text", new_name="own_text"),
        migrations.AlterField(
            model_name="trackingevent",
            name="own_text",
            field=models.CharField(
                blank=True,
                db_column="text",
                help_text="As told, where it differs from its code's sample.",
                max_length=300,
            ),
        ),
    ]
