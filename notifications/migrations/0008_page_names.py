from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0007_whole_sentences'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='channelstate',
            options={'ordering': ['channel'], 'verbose_name_plural': 'channels'},
        ),
        migrations.AlterModelOptions(
            name='optout',
            options={'ordering': ['-at'], 'verbose_name_plural': 'opt-outs'},
        ),
        migrations.AlterModelOptions(
            name='outboxrow',
            options={'ordering': ['-id'], 'verbose_name_plural': 'messages'},
        ),
        migrations.AlterModelOptions(
            name='rulesetversion',
            options={'ordering': ['-number'], 'verbose_name_plural': 'message rules'},
        ),
        migrations.AlterModelOptions(
            name='templateversion',
            options={'ordering': ['key', 'language', '-number'], 'verbose_name_plural': 'message templates'},
        ),
    ]
