from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0025_tickets'),
    ]

    operations = [
        migrations.AddField(
            model_name='observation',
            name='original_told_at',
            field=models.DateTimeField(blank=True, help_text='Receipt of the first estimate.', null=True),
        ),
        migrations.AddField(
            model_name='observation',
            name='told_before',
            field=models.JSONField(blank=True, default=dict, help_text='Facts that the newest snapshot did not repeat, with the receipt and time of the one that told them.'),
        ),
    ]
